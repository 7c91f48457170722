#!/usr/bin/python3
"""Counts marked frames that arrive at an interface, whatever else they are: a mark is "TSTEER" and five digits, anywhere
in the frame. Knows nothing of protocols, so no disguise hides a frame from it. Frames of link discovery are kept whole.

Usage: marked.py INTERFACE SOCKET. Listens on a Unix stream socket; answers each line with one JSON line
{"marks": {number: frames}, "lldp": [hex], "lost": frames that the kernel could not queue}. Ends on the line "end".
"""
import json
import os
import re
import select
import socket
import struct
import sys

MARK = re.compile(rb"TSTEER(\d{5})")
PACKET_OUTGOING = 4


def main():
    receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
    # VLAN tags are taken out of the frame by the kernel: the mark is still there.
    receiver.bind((sys.argv[1], 0))
    receiver.setblocking(False)
    listener = socket.socket(socket.AF_UNIX)
    # The name appears when the listener is ready.
    listener.bind(sys.argv[2] + ".new")
    listener.listen(1)
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    marks, lldp, lost = {}, [], 0

    def drain():
        try:
            while True:
                frame, where = receiver.recvfrom(65536)
                if where[2] == PACKET_OUTGOING:
                    continue
                if frame[12:14] == b"\x88\xcc":
                    lldp.append(frame.hex())
                    del lldp[:-8]
                for mark in set(MARK.findall(frame)):
                    marks[int(mark)] = marks.get(int(mark), 0) + 1
        except BlockingIOError:
            pass

    client = None
    while True:
        waiting = [receiver, client or listener]
        ready, _, _ = select.select(waiting, [], [])
        if receiver in ready:
            drain()
        if client is None and listener in ready:
            client = listener.accept()[0]
        elif client is not None and client in ready:
            line = client.recv(100)
            if line in (b"", b"end\n"):
                return
            drain()
            lost += struct.unpack("II", receiver.getsockopt(263, 6, 8))[1]
            client.sendall(json.dumps({"marks": marks, "lldp": lldp, "lost": lost}).encode() + b"\n")


if __name__ == "__main__":
    main()
