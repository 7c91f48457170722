#!/usr/bin/python3
"""Datagrams that come back, from inside a host. What is on the way between the two it does not know.

Usage: echo.py serve PORT                  sends back what comes, IPv4 and IPv6, until killed
       echo.py ask ADDRESS PORT COUNT      COUNT requests one after the other from a port of its own; prints the microseconds
                                           of each until its answer as one JSON line. Fails where one is not answered in a second.
"""
import json
import socket
import sys
import time


def serve(port):
    server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind(("::", port))
    while True:
        octets, sender = server.recvfrom(2048)
        server.sendto(octets, sender)


def ask(address, port, count):
    client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(1)
    client.connect((address, port))
    samples = []
    for number in range(count):
        begun = time.perf_counter()
        client.send(b"%016d" % number)
        if client.recv(2048) != b"%016d" % number:
            sys.exit("an answer to another request")
        samples.append((time.perf_counter() - begun) * 1e6)
    print(json.dumps(samples))


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        ask(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
