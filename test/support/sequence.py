#!/usr/bin/python3
"""Sends and counts numbered UDP packets in one network namespace. A packet bears "SEQ", the number of its stream and its
own number; what arrives is read below the IP stack. New connections all the time: every 20 packets come from another
port. Knows nothing of what may pass.

Usage: sequence.py INTERFACE. Reads lines, answers each with one line of JSON:
  start {"streams": [{"id": 1, "to": "10.0.0.2", "port": 7000, "rate": 100}]}   begins to send
  stop          ends sending; {"sent": {id: packets}, "failed": {id: packets that the stack did not take}}
  count         {"got": {id: [packets, different ones, longest time without one in ms]}, "lost": frames not read}
  reset         forgets what arrived
"""
import json
import socket
import struct
import sys
import threading
import time

PER_PORT = 20
PACKET_OUTGOING = 4


class Receiver:
    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        # SO_RCVBUFFORCE
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
        self.socket.bind((interface, 0))
        self.streams, self.lost = {}, 0
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            frame, where = self.socket.recvfrom(2048)
            # Not what an ICMP error quotes: the receivers have no socket open.
            if where[2] == PACKET_OUTGOING or frame[23:24] != b"\x11" or frame[42:45] != b"SEQ":
                continue
            stream, number = struct.unpack_from("!II", frame, 45)
            now = time.monotonic()
            row = self.streams.setdefault(stream, {"packets": 0, "numbers": set(), "last": now, "gap": 0.0})
            row["packets"] += 1
            row["numbers"].add(number)
            row["gap"], row["last"] = max(row["gap"], now - row["last"]), now

    def count(self):
        # PACKET_STATISTICS: what the kernel could not queue would make "0 arrived" a guess.
        self.lost += struct.unpack("II", self.socket.getsockopt(263, 6, 8))[1]
        rows = {key: [row["packets"], len(row["numbers"]), row["gap"] * 1000] for key, row in list(self.streams.items())}
        return {"got": rows, "lost": self.lost}


class Sender(threading.Thread):
    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.sent, self.failed, self.ends = stream, 0, 0, False

    def run(self):
        target, rate, index, sender = (self.stream["to"], self.stream["port"]), self.stream["rate"], 0, None
        begin = time.monotonic()
        while not self.ends:
            if index % PER_PORT == 0:
                if sender is not None:
                    sender.close()
                sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                sender.sendto(b"SEQ" + struct.pack("!II", self.stream["id"], index), target)
                self.sent += 1
            except OSError:
                self.failed += 1
            index += 1
            wait = begin + index / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)


def main():
    receiver, senders = Receiver(sys.argv[1]), []
    for line in sys.stdin:
        word, _, rest = line.strip().partition(" ")
        answer = {}
        if word == "start":
            senders = [Sender(stream) for stream in json.loads(rest)["streams"]]
            for sender in senders:
                sender.start()
        elif word == "stop":
            for sender in senders:
                sender.ends = True
            for sender in senders:
                sender.join()
            answer["sent"] = {sender.stream["id"]: sender.sent for sender in senders}
            answer["failed"] = {sender.stream["id"]: sender.failed for sender in senders}
        elif word == "count":
            answer = receiver.count()
        elif word == "reset":
            receiver.streams = {}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
