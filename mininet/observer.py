#!/usr/bin/python3
"""Counts what a host receives, below its IP stack, so that a packet which the stack would drop is counted all the same.

Usage: observer.py INTERFACE; "count" on standard input prints the counts as one JSON line, "reset" prints and clears
them. A row: [source address, destination address, protocol number, destination port or ICMP type, packets, time of the
first and of the last in milliseconds]. ARP is counted as protocol "arp", neighbour discovery as ICMPv6.
"""
import json
import select
import socket
import struct
import sys
import time

ETH_P_ALL = 3
PACKET_OUTGOING = 4


def classify(frame):
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0806 and len(frame) >= 42:
        return socket.inet_ntoa(frame[28:32]), socket.inet_ntoa(frame[38:42]), "arp", struct.unpack_from("!H", frame, 20)[0]
    if kind == 0x0800 and len(frame) >= 34:
        protocol, at = frame[23], 14 + (frame[14] & 15) * 4
        source, destination = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
    elif kind == 0x86DD and len(frame) >= 54:
        protocol, at = frame[20], 54
        source, destination = socket.inet_ntop(socket.AF_INET6, frame[22:38]), socket.inet_ntop(socket.AF_INET6, frame[38:54])
    else:
        return frame[6:12].hex(":"), frame[0:6].hex(":"), "0x%04x" % kind, 0
    port = 0
    if protocol in (6, 17, 132) and len(frame) >= at + 4:
        port = struct.unpack_from("!H", frame, at + 2)[0]
    elif protocol in (1, 58) and len(frame) > at:
        port = frame[at]
    return source, destination, protocol, port


def main():
    receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    # SO_RCVBUFFORCE: beyond what net.core.rmem_max lets be asked for.
    receiver.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
    receiver.bind((sys.argv[1], 0))
    receiver.setblocking(False)
    counts = {}

    def drain(limit):
        for _ in range(limit):
            try:
                frame, where = receiver.recvfrom(2048)
            except BlockingIOError:
                return
            if where[2] == PACKET_OUTGOING or len(frame) < 14:
                continue
            now = time.time() * 1000
            row = counts.setdefault(classify(frame), [0, now, now])
            row[0] += 1
            row[2] = now

    while True:
        ready, _, _ = select.select([receiver, sys.stdin], [], [], 60)
        if receiver in ready:
            drain(1000)
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if line == "":
                return
            drain(1 << 20)
            # PACKET_STATISTICS: packets seen and packets lost for want of buffer; a lost packet would make "0 forbidden" a guess.
            _seen, lost = struct.unpack("II", receiver.getsockopt(263, 6, 8))
            rows = [[*key, *row] for key, row in sorted(counts.items(), key=str)]
            if line.strip() == "reset":
                counts.clear()
            sys.stdout.write(json.dumps({"rows": rows, "lost": lost}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
