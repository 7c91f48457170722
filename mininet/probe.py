#!/usr/bin/python3
"""Asks from inside a host who can be reached, all at once, and prints one JSON line.

Argument: a JSON list of probes {"to": address, "kind": "ping" | "tcp", "port": N, "timeout": seconds}. Answers, in order: "open" (echo
reply, or connection accepted and its greeting read), "reset" (refused by a RST), "unreachable" (ICMP error), "silent" (nothing came).
With "listen PORT..." instead it accepts connections on these ports, IPv4 and IPv6, greets each and closes it, until killed.
"""
import concurrent.futures
import errno
import json
import socket
import subprocess
import sys
import threading


def tcp(probe):
    family = socket.AF_INET6 if ":" in probe["to"] else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(probe.get("timeout", 1))
        try:
            client.connect((probe["to"], probe["port"]))
            return "open" if client.recv(16) else "silent"
        except ConnectionRefusedError:
            return "reset"
        except (TimeoutError, socket.timeout):
            return "silent"
        except OSError as error:
            # No neighbour answered: nothing came from the far side.
            return "silent" if error.errno == errno.EHOSTUNREACH and not icmp_error(client) else "unreachable"


def icmp_error(client):
    """EHOSTUNREACH has two causes: a neighbour that does not answer, and an ICMP error. The latter leaves SO_ERROR unset too,
    so the two are told apart by the extended error queue."""
    try:
        client.recvmsg(1, 1024, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
        return True
    except OSError:
        return False


def ping(probe):
    finished = subprocess.run(
        ["ping", "-n", "-c", "1", "-W", str(probe.get("timeout", 1)), probe["to"]], capture_output=True, text=True, check=False
    )
    if finished.returncode == 0:
        return "open"
    return "unreachable" if "filtered" in finished.stdout or "prohibited" in finished.stdout else "silent"


def listen(ports):
    def serve(port):
        server = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("::", port))
        server.listen(64)
        while True:
            client, _ = server.accept()
            client.sendall(b"tagsteer")
            client.close()

    threads = [threading.Thread(target=serve, args=(port,), daemon=True) for port in ports]
    for thread in threads:
        thread.start()
    print("listening", flush=True)
    for thread in threads:
        thread.join()


def main():
    if sys.argv[1] == "listen":
        listen([int(port) for port in sys.argv[2:]])
        return
    probes = json.loads(sys.argv[1])
    with concurrent.futures.ThreadPoolExecutor(max_workers=32) as pool:
        print(json.dumps(list(pool.map(lambda probe: ping(probe) if probe["kind"] == "ping" else tcp(probe), probes))))


if __name__ == "__main__":
    main()
