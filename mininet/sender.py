#!/usr/bin/python3
"""Sends packets at a steady rate from inside a host, bounded in count and time, and prints what was sent as JSON.

Argument: a JSON object {"kind": "udp" | "raw", "to": address, "port": N, "rate": packets a second, "count": N, "source_port": N,
"frames": [hex, ...] with "interface" for raw}. Raw frames are sent as they are: that is how spoofed packets are made.
"""
import json
import socket
import sys
import time


def main():
    order = json.loads(sys.argv[1])
    rate, count = order.get("rate", 100), min(order.get("count", 100), 100000)
    if order["kind"] == "raw":
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sender.bind((order["interface"], 0))
        frames = [bytes.fromhex(frame) for frame in order["frames"]]
        send = lambda index: sender.send(frames[index % len(frames)])
    else:
        family = socket.AF_INET6 if ":" in order["to"] else socket.AF_INET
        sender = socket.socket(family, socket.SOCK_DGRAM)
        if order.get("source_port"):
            sender.bind(("", order["source_port"]))
        target = (order["to"], order["port"])
        send = lambda index: sender.sendto(b"tagsteer %08d" % index, target)
    begin, sent, failed = time.monotonic(), 0, 0
    for index in range(count):
        wait = begin + index / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        try:
            send(index)
            sent += 1
        except OSError:  # e.g. EHOSTUNREACH while a neighbour is not resolved
            failed += 1
    print(json.dumps({"sent": sent, "failed": failed, "seconds": time.monotonic() - begin}))


if __name__ == "__main__":
    main()
