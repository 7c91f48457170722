"""Brings connections to a Unix socket to HOST:PORT of another network namespace: the one in which this process runs.

So a switch in a namespace of its own reaches a controller outside without any network between them. Octets pass as they are.
"""
import os
import socket
import threading


class Relay:
    def __init__(self, path, to):
        host, _, port = to.rpartition(":")
        self.path, self.to = path, (host.strip("[]"), int(port))
        self.listener = None
        self.connections = set()
        self.lock = threading.Lock()

    def open(self):
        """Takes connections, from now on or again."""
        if self.listener is not None:
            return
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        """Ends its connections and takes none until opened again."""
        if self.listener is None:
            return
        listener, self.listener = self.listener, None
        os.unlink(self.path)
        # close() alone would not wake the thread that waits in accept().
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with self.lock:
            for connection in self.connections:
                self.end(connection)

    def accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.to, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(source, sink), daemon=True).start()

    def carry(self, source, sink):
        try:
            while octets := source.recv(1 << 18):
                sink.sendall(octets)
        except OSError:
            pass
        self.end(source)
        self.end(sink)
        with self.lock:
            self.connections.discard(source)
        source.close()

    @staticmethod
    def end(connection):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
