#!/usr/bin/python3
"""A Mininet network driven by JSON lines: one request per line on standard input, one answer per line on standard output.

The demo and the system tests describe a network (switches, hosts, links, controller), then run commands and traffic in
it, cut links, move hosts and restart switches. All state lives here; when standard input closes, everything that was
made is taken down again. Names carry the prefix that the caller chose, so that several labs can live side by side.

Runs on Mininet 2.3 with Open vSwitch's userspace datapath, which does not fix up offloaded checksums: offloads are
switched off on every host interface.
"""
import subprocess

from hosts import Hosts, serve
from mininet.link import Link
from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import OVSSwitch, RemoteController


class Lab(Hosts):
    operations = Hosts.operations | {"build", "ports", "link", "move", "restart_switch", "controllers"}

    def __init__(self):
        super().__init__()
        self.net = None
        self.links = {}

    def popen(self, host, command, **keywords):
        return self.net[host].popen(command, **keywords)

    def interface(self, host):
        return self.net[host].defaultIntf().name

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
        self.end_processes()
        if self.net is not None:
            self.net.stop()
            self.net = None
        return {}


if __name__ == "__main__":
    setLogLevel("error")
    serve(Lab())
