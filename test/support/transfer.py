#!/usr/bin/python3
"""Content that is sent and compared, from inside a host: made from a seed at one end, hashed at both. It knows nothing of the way.

Usage, each prints one JSON line {"octets": N, "sha256": TEXT}:
  transfer.py receive tcp PORT SECONDS             one connection, until the other end closes it
  transfer.py send tcp ADDRESS PORT OCTETS SEED    tries again while nobody listens
  transfer.py receive udp PORT COUNT SECONDS       COUNT different datagrams, hashed in the order of their numbers, or what came in time
  transfer.py send udp ADDRESS PORT COUNT SEED        no more than WINDOW on their way; nothing is sent twice
"""
import hashlib
import json
import random
import socket
import struct
import sys
import time

CHUNK = 1 << 16
#: Octets of a datagram, its number among them.
DATAGRAM = 1200
#: Datagrams that may be on their way: fewer than any queue has room for, so that what is missing was not let through.
WINDOW = 16
#: Asks whether somebody receives, and is sent back.
HELLO = b"?"
#: Seconds until who sends gives up on nobody listening.
PATIENCE = 20


def told(octets, digest):
    print(json.dumps({"octets": octets, "sha256": digest.hexdigest()}))


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def receive_tcp(port, seconds):
    server = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::", port))
    server.listen(1)
    server.settimeout(seconds)
    connection, _ = server.accept()
    connection.settimeout(seconds)
    octets, digest = 0, hashlib.sha256()
    while chunk := connection.recv(CHUNK):
        octets += len(chunk)
        digest.update(chunk)
    connection.sendall(digest.digest())
    connection.close()
    told(octets, digest)


def send_tcp(address, port, count, seed):
    deadline = time.monotonic() + PATIENCE
    while True:
        client = socket.socket(family(address), socket.SOCK_STREAM)
        client.settimeout(30)
        try:
            client.connect((address, port))
            break
        except ConnectionRefusedError:
            client.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    source, digest, left = random.Random(seed), hashlib.sha256(), count
    while left > 0:
        chunk = source.randbytes(min(CHUNK, left))
        client.sendall(chunk)
        digest.update(chunk)
        left -= len(chunk)
    client.shutdown(socket.SHUT_WR)
    # The other end has it all, and says what it has.
    said = b""
    while part := client.recv(64):
        said += part
    if said != digest.digest():
        sys.exit("the other end has something else")
    told(count, digest)


def content(seed, number):
    return struct.pack("!I", number) + random.Random("%d/%d" % (seed, number)).randbytes(DATAGRAM - 4)


def hashed(datagrams):
    digest = hashlib.sha256()
    for number in sorted(datagrams):
        digest.update(datagrams[number])
    told(sum(map(len, datagrams.values())), digest)


def receive_udp(port, count, seconds):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    # SO_RCVBUFFORCE
    server.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
    server.bind(("::", port))
    got, deadline = {}, time.monotonic() + seconds
    while len(got) < count and (left := deadline - time.monotonic()) > 0:
        server.settimeout(left)
        try:
            octets, sender = server.recvfrom(2048)
        except TimeoutError:
            break
        if octets == HELLO:
            server.sendto(HELLO, sender)
            continue
        got[struct.unpack_from("!I", octets)[0]] = octets
        if len(got) % WINDOW == 0:
            server.sendto(HELLO, sender)
    hashed(got)


def send_udp(address, port, count, seed):
    client = socket.socket(family(address), socket.SOCK_DGRAM)
    client.connect((address, port))
    client.settimeout(0.1)
    deadline, is_heard = time.monotonic() + PATIENCE, False
    while not is_heard:
        if time.monotonic() > deadline:
            sys.exit("nobody answers")
        try:
            client.send(HELLO)
            is_heard = client.recv(16) == HELLO
        except TimeoutError:
            pass
        except ConnectionRefusedError:
            time.sleep(0.02)
    # Answers to what was asked before are no answers to datagrams.
    client.settimeout(0.5)
    try:
        while client.recv(16):
            pass
    except TimeoutError:
        client.settimeout(PATIENCE)
    sent = {}
    for number in range(count):
        sent[number] = content(seed, number)
        client.send(sent[number])
        if len(sent) % WINDOW == 0:
            client.recv(16)
    hashed(sent)


def main():
    act, protocol, *words = sys.argv[1:]
    address = [words.pop(0)] if act == "send" else []
    {"receive tcp": receive_tcp, "send tcp": send_tcp, "receive udp": receive_udp, "send udp": send_udp}[act + " " + protocol](
        *address, *map(int, words)
    )


if __name__ == "__main__":
    main()
