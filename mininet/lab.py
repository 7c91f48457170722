#!/usr/bin/python3
"""A Mininet network driven by JSON lines: one request per line on standard input, one answer per line on standard output.

The demo and the system tests describe a network (switches, hosts, links, controller), then run commands and traffic in
it, cut links, move hosts and restart switches. All state lives here; when standard input closes, everything that was
made is taken down again. Names carry the prefix that the caller chose, so that several labs can live side by side.

Runs on Mininet 2.3 with Open vSwitch's userspace datapath, which does not fix up offloaded checksums: offloads are
switched off on every host interface.
"""
import json
import os
import signal
import subprocess
import sys
import threading

from mininet.link import Link
from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import OVSSwitch, RemoteController

HERE = os.path.dirname(os.path.abspath(__file__))
output_lock = threading.Lock()


def answer(message):
    with output_lock:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


class Lab:
    def __init__(self):
        self.net = None
        self.links = {}
        self.observers = {}
        self.background = []

    def build(self, spec):
        """switches: [{name, dpid, standalone}], hosts: [{name, mac, ip, ip6, switch}], links: [[a, b]], controllers: ["tcp:127.0.0.1:6653"]"""
        self.net = Mininet(controller=None, build=False, autoSetMacs=False, autoStaticArp=False)
        for row in spec["switches"]:
            self.net.addSwitch(
                row["name"], cls=OVSSwitch, dpid=row["dpid"], datapath="user", protocols="OpenFlow13", failMode="standalone" if row.get("standalone") else "secure"
            )
        for row in spec["hosts"]:
            self.net.addHost(row["name"], mac=row["mac"], ip=row["ip"])
        for row in spec["hosts"]:
            self.links[row["name"]] = self.net.addLink(row["name"], row["switch"], cls=Link)
        for a, b in spec["links"]:
            self.net.addLink(a, b, cls=Link)
        self.net.build()
        for row in spec["hosts"]:
            host = self.net[row["name"]]
            interface = host.defaultIntf().name
            if not row.get("offload"):
                host.cmd("ethtool -K %s tx off rx off tso off gso off gro off" % interface)
            host.cmd("sysctl -qw net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.%s.accept_dad=0" % interface)
            # Mininet sets the MAC after the link came up: down and up gives the link-local address of the new MAC.
            host.cmd("ip link set %s down; ip link set %s up" % (interface, interface))
            if row.get("ip6"):
                host.cmd("ip -6 addr add %s dev %s nodad" % (row["ip6"], interface))
        standalone = {row["name"] for row in spec["switches"] if row.get("standalone")}
        for switch in self.net.switches:
            self.silence(switch)
            switch.start([])
            if switch.name not in standalone:
                self.set_controllers(switch, spec["controllers"])
        return {"ports": self.ports({})}

    @staticmethod
    def silence(switch):
        """The kernel must not speak on the switch's ends of links: hosts would receive what no switch forwarded."""
        for interface in switch.intfList():
            if interface.name != "lo":
                switch.cmd("sysctl -qw net.ipv6.conf.%s.disable_ipv6=1" % interface.name)

    @staticmethod
    def set_controllers(switch, targets):
        # max_backoff counts only in the transaction that creates the row (Open vSwitch 3.1).
        command = ["ovs-vsctl"]
        names = []
        for index, target in enumerate(targets):
            name = "@c%d" % index
            names.append(name)
            command += ["--", "--id=%s" % name, "create", "Controller", 'target="%s"' % target, "max_backoff=1000"]
        command += ["--", "set", "Bridge", switch.name, "controller=[%s]" % ",".join(names)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def ports(self, _request):
        """Interface name of every switch port with its OpenFlow number."""
        table = {}
        for switch in self.net.switches:
            row = {}
            for interface in switch.intfList():
                if interface.name == "lo":
                    continue
                found = subprocess.run(
                    ["ovs-vsctl", "--if-exists", "get", "Interface", interface.name, "ofport"], capture_output=True, text=True, check=False
                ).stdout.strip()
                if found.lstrip("-").isdigit():
                    row[interface.name] = int(found)
            table[switch.name] = row
        return table

    def run(self, request):
        """One command in a host; ends by itself or after `timeout` seconds."""
        host = self.net[request["host"]]
        process = host.popen(request["command"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            out, err = process.communicate(timeout=request.get("timeout", 20))
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
            host = self.net[name]
            process = host.popen(
                ["/usr/bin/python3", os.path.join(HERE, "observer.py"), host.defaultIntf().name],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            )
            self.observers[name] = process
        process.stdin.write(("reset\n" if request.get("reset") else "count\n"))
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    def send(self, request):
        """Sends marked packets and returns how many; see sender.py."""
        arguments = ["/usr/bin/python3", os.path.join(HERE, "sender.py"), json.dumps(request["traffic"])]
        return self.run({"host": request["host"], "command": arguments, "timeout": request.get("timeout", 60)})

    def listen(self, request):
        """TCP listeners in a host until the lab stops; answers when they accept connections."""
        host = self.net[request["host"]]
        process = host.popen(
            ["/usr/bin/python3", os.path.join(HERE, "probe.py"), "listen", *map(str, request["ports"])], stdout=subprocess.PIPE, text=True
        )
        self.background.append(process)
        if process.stdout.readline().strip() != "listening":
            raise RuntimeError("no listener in %s" % request["host"])
        return {}

    def probe(self, request):
        """Many reachability questions from one host, asked at once; see probe.py."""
        arguments = ["/usr/bin/python3", os.path.join(HERE, "probe.py"), json.dumps(request["probes"])]
        return self.run({"host": request["host"], "command": arguments, "timeout": request.get("timeout", 60)})

    def link(self, request):
        self.net.configLinkStatus(request["a"], request["b"], "up" if request["up"] else "down")
        return {}

    def move(self, request):
        """Takes the switch end of a host's link from one bridge to another, keeping its name."""
        link = self.links[request["host"]]
        end = link.intf2 if link.intf1.node.name == request["host"] else link.intf1
        old, new = end.node, self.net[request["to"]]
        subprocess.run(["ovs-vsctl", "del-port", old.name, end.name, "--", "add-port", new.name, end.name], check=True)
        old.delIntf(end)
        end.node = new
        new.addIntf(end)
        return {"interface": end.name}

    def restart_switch(self, request):
        """Deletes a bridge and makes it again: its tables, its connections and its port numbers are gone."""
        switch = self.net[request["switch"]]
        targets = [line.strip('"') for line in subprocess.run(
            ["ovs-vsctl", "get-controller", switch.name], capture_output=True, text=True, check=True).stdout.split()]
        subprocess.run(["ovs-vsctl", "del-br", switch.name], check=True)
        switch.start([])
        self.set_controllers(switch, targets)
        return {}

    def controllers(self, request):
        for switch in self.net.switches:
            self.set_controllers(switch, request["targets"])
        return {}

    def stop(self, _request=None):
        for process in [*self.observers.values(), *self.background]:
            process.kill()
            process.wait()
        self.observers.clear()
        self.background.clear()
        if self.net is not None:
            self.net.stop()
            self.net = None
        return {}


def main():
    setLogLevel("error")
    lab = Lab()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threads = []

    def serve(request):
        try:
            answer({"id": request["id"], "ok": getattr(lab, request["op"])(request)})
        except Exception as error:  # the caller decides what an error means
            answer({"id": request["id"], "error": "%s: %s" % (type(error).__name__, error)})

    try:
        for line in sys.stdin:
            request = json.loads(line)
            if request["op"] in ("run", "send", "probe"):
                thread = threading.Thread(target=serve, args=(request,), daemon=True)
                threads.append(thread)
                thread.start()
            elif request["op"] in ("build", "ports", "observe", "listen", "link", "move", "restart_switch", "controllers", "stop"):
                serve(request)
            else:
                answer({"id": request["id"], "error": "unknown operation %s" % request["op"]})
    finally:
        lab.stop()


if __name__ == "__main__":
    main()
