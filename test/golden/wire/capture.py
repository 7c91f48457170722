#!/usr/bin/python3
"""Records what ovs-ofctl sends: a switch that answers just enough to keep it talking.

Usage: capture.py <ovs-ofctl arguments with TCP in place of the switch>
   e.g. capture.py add-flow TCP "priority=5,ip,actions=drop"
Prints one line of hex per message that ovs-ofctl sent, hello and echo left out. Goldens are made from these.
"""
import socket
import struct
import subprocess
import sys
import threading


def receive(sock, size):
    data = b''
    while len(data) < size:
        chunk = sock.recv(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def message(kind, xid, body=b''):
    return struct.pack('!BBHI', 4, kind, 8 + len(body), xid) + body


def serve(listener, sent):
    sock, _ = listener.accept()
    sock.sendall(message(0, 1, struct.pack('!HHI', 1, 8, 1 << 4)))
    try:
        while True:
            head = receive(sock, 8)
            _, kind, size, xid = struct.unpack('!BBHI', head)
            octets = head + receive(sock, size - 8)
            if kind == 0:
                continue
            if kind == 2:
                sock.sendall(message(3, xid, octets[8:]))
                continue
            sent.append(octets)
            if kind == 5:
                sock.sendall(message(6, xid, struct.pack('!QIBB2xII', 0x1122, 0, 254, 0, 0x4f, 0)))
            elif kind == 7:
                sock.sendall(message(8, xid, struct.pack('!HH', 0, 128)))
            elif kind == 20:
                sock.sendall(message(21, xid))
            elif kind == 24:
                sock.sendall(message(25, xid, octets[8:]))
            elif kind == 26:
                sock.sendall(message(27, xid, octets[8:]))
            elif kind == 18:
                sock.sendall(message(19, xid, octets[8:10] + b'\0' * 6))
            elif kind == 4 and octets[8:16] == struct.pack('!II', 0x4f4e4600, 2300):
                bundle, step, flags = struct.unpack('!IHH', octets[16:24])
                sock.sendall(message(4, xid, octets[8:16] + struct.pack('!IHH', bundle, step + 1, flags)))
    except (EOFError, ConnectionError):
        pass


def capture(arguments, version='OpenFlow13'):
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(1)
    sent = []
    thread = threading.Thread(target=serve, args=(listener, sent), daemon=True)
    thread.start()
    switch = 'tcp:127.0.0.1:%d' % listener.getsockname()[1]
    command = ['ovs-ofctl', '-O', version, '--timeout=3', '--no-names'] + [switch if a == 'TCP' else a for a in arguments]
    result = subprocess.run(command, capture_output=True, text=True)
    thread.join(1)
    return sent, result


if __name__ == '__main__':
    octets, result = capture(sys.argv[1:])
    sys.stderr.write(result.stderr)
    for one in octets:
        print(one.hex())
