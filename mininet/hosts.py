#!/usr/bin/python3
"""What every lab of this folder has in common: requests as JSON lines, one answer per line, and what hosts are asked to do.

A request is {"id": N, "op": NAME, ...}, its answer {"id": N, "ok": ...} or {"id": N, "error": TEXT}. Requests come on standard input,
whose end is the end of the lab, or from any number of connections to a Unix socket. It knows no switch: how a host is made, and how a
command is started in it, is said by who derives from Hosts.
"""
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"


class Hosts:
    """Derived classes give popen(host, command, **keywords), interface(host), stop(), and the operations that they add."""

    operations = {"observe", "listen", "stop"}
    #: These take their time, so each has a thread.
    threaded = {"run", "send", "probe"}

    def __init__(self):
        self.observers = {}
        self.background = []

    def run(self, request):
        """One command in a host, which may read `input`; ends by itself or after `timeout` seconds."""
        pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
        process = self.popen(request["host"], request["command"], **pipes, text=True)
        try:
            out, err = process.communicate(request.get("input"), timeout=request.get("timeout", 20))
            return {"code": process.returncode, "stdout": out, "stderr": err}
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return {"code": 124, "stdout": out, "stderr": err}

    def observe(self, request):
        """Counts every IP packet that a host receives from others, from now on; asked again, returns the counts."""
        name = request["host"]
        process = self.observers.get(name)
        if process is None:
            command = [PYTHON, os.path.join(HERE, "observer.py"), self.interface(name)]
            process = self.popen(name, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            self.observers[name] = process
        process.stdin.write("reset\n" if request.get("reset") else "count\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    def send(self, request):
        """Sends marked packets and returns how many; see sender.py."""
        command = [PYTHON, os.path.join(HERE, "sender.py"), json.dumps(request["traffic"])]
        return self.run({"host": request["host"], "command": command, "timeout": request.get("timeout", 60)})

    def listen(self, request):
        """TCP listeners in a host until the lab stops; answers when they accept connections."""
        command = [PYTHON, os.path.join(HERE, "probe.py"), "listen", *map(str, request["ports"])]
        process = self.popen(request["host"], command, stdout=subprocess.PIPE, text=True)
        self.background.append(process)
        if process.stdout.readline().strip() != "listening":
            raise RuntimeError("no listener in %s" % request["host"])
        return {}

    def probe(self, request):
        """Many reachability questions from one host, asked at once; see probe.py."""
        command = [PYTHON, os.path.join(HERE, "probe.py"), json.dumps(request["probes"])]
        return self.run({"host": request["host"], "command": command, "timeout": request.get("timeout", 60)})

    def end_processes(self):
        """Ends what runs in hosts; called by stop()."""
        for process in [*self.observers.values(), *self.background]:
            process.kill()
            process.wait()
        self.observers.clear()
        self.background.clear()


class Answers:
    """One line at a time, whoever answers."""

    def __init__(self, stream):
        self.stream = stream
        self.lock = threading.Lock()

    def __call__(self, message):
        with self.lock:
            try:
                self.stream.write(json.dumps(message) + "\n")
                self.stream.flush()
            except OSError:  # who asked has gone
                pass


def serve(lab, path=None):
    """Carries out requests until standard input ends, or, with a path of a Unix socket, until one asks to stop; then stops the lab.

    All that is not in lab.threaded is done by this thread, one after the other: a process that is to end with its parent thread ends
    with the lab.
    """
    requests = queue.Queue()
    end = object()

    def read(stream, answers, last):
        for line in stream:
            requests.put((json.loads(line), answers))
        if last:
            requests.put((end, answers))

    def accept(listener):
        while True:
            connection, _ = listener.accept()
            answers = Answers(connection.makefile("w"))
            threading.Thread(target=read, args=(connection.makefile("r"), answers, False), daemon=True).start()

    def carry_out(request, answers):
        try:
            answers({"id": request["id"], "ok": getattr(lab, request["op"])(request)})
        except Exception as error:  # the caller decides what an error means
            answers({"id": request["id"], "error": "%s: %s" % (type(error).__name__, error)})

    def terminated(*_):
        sys.exit(0)

    signal.signal(signal.SIGTERM, terminated)
    signal.signal(signal.SIGHUP, terminated)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if path is None:
        threading.Thread(target=read, args=(sys.stdin, Answers(sys.stdout), True), daemon=True).start()
    else:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        os.chmod(path, 0o600)
        listener.listen(8)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    try:
        while True:
            request, answers = requests.get()
            if request is end:
                break
            if request["op"] in lab.threaded:
                threading.Thread(target=carry_out, args=(request, answers), daemon=True).start()
            elif request["op"] in lab.operations:
                carry_out(request, answers)
                if path is not None and request["op"] == "stop":
                    break
            else:
                answers({"id": request["id"], "error": "unknown operation %s" % request["op"]})
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        lab.stop()
