#!/usr/bin/python3
"""What a lab made, written down before it is made, so that another process can remove it when the lab itself has crashed.

The file is DIRECTORY/made.json. Namespaces are written before they are added, processes as soon as they have a number, together with
the time of their start and the boot that it is counted from: a number that another process has by now is never taken for ours. It
knows no switch and no host.

Usage: lab_state.py DIRECTORY removes all of it, and the directory; prints {"processes": killed, "namespaces": deleted} as JSON.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

FILE = "made.json"


def boot():
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def started(pid):
    """When a process started, in clock ticks since the boot (proc(5), stat, field 22); None where there is none, or it has ended."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def namespaces():
    """Names of all network namespaces there are."""
    try:
        return set(os.listdir("/run/netns"))
    except FileNotFoundError:
        return set()


class Made:
    def __init__(self, directory):
        self.directory = directory
        self.rows = {"boot": boot(), "namespaces": [], "processes": []}
        self.process(os.getpid())

    def write(self):
        path = os.path.join(self.directory, FILE)
        with open(path + ".new", "w") as file:
            json.dump(self.rows, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(path + ".new", path)

    def will_add(self, names):
        self.rows["namespaces"] += names
        self.write()

    def process(self, pid):
        self.rows["processes"].append({"pid": pid, "started": started(pid)})
        self.write()

    def ended(self, pid):
        self.rows["processes"] = [row for row in self.rows["processes"] if row["pid"] != pid]
        self.write()


def delete_namespaces(names):
    there = [name for name in names if name in namespaces()]
    for name in there:
        subprocess.run(["ip", "netns", "delete", name], check=False)
    return len(there)


def remove(directory):
    try:
        with open(os.path.join(directory, FILE)) as file:
            rows = json.load(file)
    except FileNotFoundError:  # it ended before it made anything
        rows = {"boot": None, "namespaces": [], "processes": []}
    killed = []
    if rows["boot"] == boot():
        for row in rows["processes"]:
            if row["started"] is not None and started(row["pid"]) == row["started"] and row["pid"] != os.getpid():
                os.kill(row["pid"], signal.SIGKILL)
                killed.append(row["pid"])
        deadline = time.monotonic() + 10
        while any(started(pid) is not None for pid in killed) and time.monotonic() < deadline:
            time.sleep(0.01)
    deleted = delete_namespaces(rows["namespaces"])
    shutil.rmtree(directory, ignore_errors=True)
    return {"processes": len(killed), "namespaces": deleted}


if __name__ == "__main__":
    print(json.dumps(remove(sys.argv[1])))
