#!/usr/bin/python3
"""A cloud in a box: hypervisors, virtual machines, and an underlay of two spines, driven by JSON lines (see hosts.py).

Every hypervisor is a network namespace with an Open vSwitch of its own: an ovsdb-server and an ovs-vswitchd in the namespace, which
forwards with the userspace datapath. `brint` has the ports of the VMs, one each, and fails secure. `brphy` has two uplinks and, on its
internal port, the address where tunnels end. Each spine is a namespace that routes between the hypervisors; a hypervisor has one
uplink to each. Both spines are the same gateway to a hypervisor (same address, same MAC), so that any packet may take either uplink:

    hypervisor H: VTEP 198.18.H.1/24 (benchmarking addresses, RFC 2544), 198.18.0.0/16 via 198.18.H.254
    brphy: uplink -> LOCAL;  LOCAL: ARP -> both uplinks, all else -> group 1, select or fast failover over uplinks that are up
    spines: routes of directly connected networks; where that one is down, through the other spine (interface `peer`)

Where links are asked for, the `brint` of two hypervisors are joined by a cable as well, whose ends have the names of the hypervisors
that they lead to: a fabric without tunnels, in which a hypervisor without VMs is a spine of layer 2.

brphy's flows are made here, unless the lab is asked not to. Nothing of a lab is in the namespace in which it runs but files, sockets
and processes. It knows nothing of tagsteer. All that was made is removed when the lab ends; where it was killed, lab_state.py does it.

Usage: hypervisors.py serves standard input; hypervisors.py DIRECTORY serves the socket DIRECTORY/lab.sock and ends when asked to stop.
"""
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from hosts import Hosts, serve
from hypervisor import GATEWAY_MAC, UNDERLAY_MTU, UPLINKS, Hypervisor, call
from lab_state import Made, delete_namespaces

SPINES = ("spine1", "spine2")
#: OpenFlow number of the first link's ends, beyond those of VMs and tunnels.
LINK_PORT = 2000


class Cloud(Hosts):
    operations = Hosts.operations | {
        "build", "status", "ports", "move", "halt", "resume", "cut_spine", "join_spine", "cut_uplink", "join_uplink", "controllers",
        "cut_control", "join_control", "capture", "end_capture", "uplinks", "start", "cut_link", "join_link",
    }

    def __init__(self, directory=None):
        super().__init__()
        self.directory = directory
        self.made = None
        self.suffix = secrets.token_hex(3)
        self.spec, self.hypervisors, self.vms, self.captures = {}, {}, {}, {}
        self.cut, self.started = set(), {}

    def netns(self, name):
        return "tsl-%s-%s" % (self.suffix, name)

    def batch(self, netns, *lines):
        call("ip", "-n", netns, "-batch", "-", text="\n".join(lines) + "\n")

    def daemon(self, command, environment=None, output=subprocess.DEVNULL):
        """A process that dies with the lab, even where that is killed."""
        words = ["setpriv", "--pdeathsig", "KILL", *command]
        process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.made.process(process.pid)
        return process

    def start(self, request):
        """A process of the caller's, outside of all namespaces, that ends with the lab; what it says goes to DIRECTORY/NAME.log."""
        name = request["name"]
        with open(os.path.join(self.directory, name + ".log"), "w") as log:
            self.started[name] = self.daemon(request["command"], {**os.environ, **request["environment"]}, log)
        return {"pid": self.started[name].pid}

    # What hosts.py asks for. A host is a VM, a hypervisor or a spine.

    def popen(self, host, command, **keywords):
        if host not in self.vms and host not in self.hypervisors and host not in SPINES:
            raise RuntimeError("there is no %s" % host)
        environment = self.hypervisors[host].environment if host in self.hypervisors else None
        return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.netns(host), *command], env=environment, **keywords)

    def interface(self, host):
        return "eth0" if host in self.vms else "brphy"

    # Building.

    def build(self, request):
        """hypervisors: [{name, dpid, underlay_dpid}], vms: [{name, hypervisor, mac, ip, ip6, gateway}], uplinks: "select" | "failover" |
        "none", encapsulation: "geneve" | "vxlan", tunnel: whether the lab makes the tunnel's port, links: [[NAME, NAME]] of hypervisors."""
        self.spec = request
        names = [row["name"] for row in request["hypervisors"]] + [row["name"] for row in request["vms"]]
        if len(set(names)) != len(names) or set(names) & {*SPINES, *UPLINKS, "peer", "brint", "brphy", "eth0", "lo"}:
            raise ValueError("names of hypervisors and VMs are different from each other, and from those of spines and bridges")
        if any(not name or len(name) > 15 or not name.replace("-", "").isalnum() for name in names):
            raise ValueError("names have 1 to 15 letters, digits and dashes")
        if not 1 <= len(request["hypervisors"]) <= 250:
            raise ValueError("there are 1 to 250 hypervisors")
        links = [tuple(sorted(pair)) for pair in request.get("links", [])]
        known = {row["name"] for row in request["hypervisors"]}
        if len(set(links)) != len(links) or any(len(set(pair)) != 2 or not set(pair) <= known for pair in links):
            raise ValueError("a link joins two hypervisors, and there is one between any two at most")
        if self.directory is None:
            self.directory = tempfile.mkdtemp(prefix="tagsteer-lab-")
        self.made = Made(self.directory)
        self.made.will_add([self.netns(name) for name in (*SPINES, *names)])
        self.hypervisors = {row["name"]: Hypervisor(self, number, row) for number, row in enumerate(request["hypervisors"], 1)}
        for name in (*SPINES, *self.hypervisors):
            self.add_namespace(name)
        self.add_spines()
        for hypervisor in self.hypervisors.values():
            hypervisor.start_database()
            hypervisor.configure()
            hypervisor.start_switch()
            if request.get("tunnel"):
                hypervisor.add_tunnel()
        for number, (one, other) in enumerate(links):
            self.add_link(self.hypervisors[one], self.hypervisors[other], LINK_PORT + number)
        for port, row in enumerate(request["vms"], 1):
            self.add_vm({**row, "port": port})
        return self.status({})

    def add_namespace(self, name):
        netns = self.netns(name)
        call("ip", "netns", "add", netns)
        # Kernels of switches and routers must not speak IPv6 by themselves: hosts would receive what no switch forwarded.
        settings = ["net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]
        # Nor answer for brphy's address on an uplink: what comes there is for the switch.
        settings += ["net.ipv4.conf.all.arp_ignore=1", "net.ipv4.conf.default.arp_ignore=1"]
        if name in SPINES:
            settings += ["net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"]
            settings += ["net.ipv4.conf.all.ignore_routes_with_linkdown=1", "net.ipv4.conf.default.ignore_routes_with_linkdown=1"]
        if name in self.vms:
            settings = ["net.ipv6.conf.%s.%s=0" % (which, what) for which in ("all", "default") for what in ("accept_ra", "accept_dad")]
        call("ip", "netns", "exec", netns, "sysctl", "-qw", *settings)
        self.batch(netns, "link set lo up")

    def add_spines(self):
        one, other = (self.netns(spine) for spine in SPINES)
        self.batch(one, "link add peer mtu %d type veth peer name peer netns %s" % (UNDERLAY_MTU, other))
        for spine, uplink, own, far in zip(SPINES, UPLINKS, (1, 2), (2, 1)):
            netns = self.netns(spine)
            lines = ["address add 169.254.0.%d/30 dev peer" % own, "link set peer up"]
            for hypervisor in self.hypervisors.values():
                name, mac = hypervisor.name, GATEWAY_MAC % hypervisor.number
                lines += [
                    "link add %s mtu %d address %s type veth peer name %s netns %s" % (name, UNDERLAY_MTU, mac, uplink, hypervisor.netns),
                    "address add %s/24 dev %s" % (hypervisor.gateway, name),
                    "link set %s up" % name,
                    # ARP that is lost while links come up is asked again soon, not after a second.
                    "ntable change name arp_cache dev %s retrans 50 mcast_probes 20" % name,
                ]
            # Asked where the main table has no network that is up. What comes from the other spine does not go back there.
            lines += ["rule add not iif peer lookup 200 pref 33000", "route add 198.18.0.0/16 via 169.254.0.%d table 200" % far]
            self.batch(netns, *lines)
        for hypervisor in self.hypervisors.values():
            self.batch(hypervisor.netns, *("link set %s mtu %d up" % (uplink, UNDERLAY_MTU) for uplink in UPLINKS))

    def add_link(self, one, other, number):
        ends = (other.name, one.netns, one.name, other.netns)
        call("ip", "link", "add", ends[0], "netns", ends[1], "type", "veth", "peer", "name", ends[2], "netns", ends[3])
        for end, far in ((one, other), (other, one)):
            self.batch(end.netns, "link set %s mtu %d up" % (far.name, UNDERLAY_MTU))
            end.vsctl("add-port", "brint", far.name, "--", "set", "Interface", far.name, "ofport_request=%d" % number)

    def add_vm(self, vm):
        name, hypervisor = vm["name"], self.hypervisors[vm["hypervisor"]]
        self.vms[name] = vm
        self.add_namespace(name)
        netns = self.netns(name)
        lines = ["link add eth0 address %s type veth peer name %s netns %s" % (vm["mac"], name, hypervisor.netns), "link set eth0 up"]
        lines += ["address add %s dev eth0%s" % (vm[key], " nodad" if key == "ip6" else "") for key in ("ip", "ip6") if vm.get(key)]
        self.batch(netns, *lines)
        # The userspace datapath does not fix up offloaded checksums.
        call("ip", "netns", "exec", netns, "ethtool", "-K", "eth0", "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro", "off")
        self.batch(hypervisor.netns, "link set %s up" % name)
        if vm.get("gateway"):
            self.batch(netns, "route add default via %s" % vm["gateway"])
        hypervisor.add_vm(vm)

    # What can be asked of it.

    def status(self, _request):
        """What there is and whether it runs. Ports of spines have the names of the hypervisors."""
        return {
            "directory": self.directory,
            "pid": os.getpid(),
            "started": {name: process.poll() is None for name, process in self.started.items()},
            "hypervisors": [
                {
                    "name": row.name, "namespace": row.netns, "directory": row.directory, "database": "unix:%s/db.sock" % row.directory,
                    "dpid": row.dpid, "underlay_dpid": row.underlay_dpid, "vtep": row.vtep,
                    "running": {name: name in row.daemons and row.daemons[name].poll() is None for name in ("ovsdb-server", "ovs-vswitchd")},
                }
                for row in self.hypervisors.values()
            ],
            "vms": [
                {"name": row["name"], "namespace": self.netns(row["name"]), "hypervisor": row["hypervisor"], "port": row["port"],
                 "mac": row["mac"], "ip": row["ip"], "ip6": row.get("ip6")}
                for row in self.vms.values()
            ],
            "spines": [{"name": spine, "namespace": self.netns(spine), "cut": spine in self.cut} for spine in SPINES],
        }

    def ports(self, _request):
        return {name: hypervisor.ports() for name, hypervisor in self.hypervisors.items()}

    def move(self, request):
        """Live migration: the VM's port goes, comes at the other hypervisor, and the VM says where it is (RARP, as QEMU does)."""
        vm = self.vms[request["vm"]]
        old, new = self.hypervisors[vm["hypervisor"]], self.hypervisors[request["to"]]
        old.vsctl("del-port", "brint", vm["name"])
        self.batch(old.netns, "link set %s netns %s" % (vm["name"], new.netns))
        self.batch(new.netns, "link set %s up" % vm["name"])
        new.add_vm(vm)
        vm["hypervisor"] = new.name
        if request.get("announce", True):
            self.announce(vm)
        return {"port": vm["port"]}

    def announce(self, vm):
        mac = vm["mac"].replace(":", "")
        # RFC 903: request reverse, of itself.
        frame = "ffffffffffff" + mac + "8035" + "0001080006040003" + mac + "00000000" + mac + "00000000"
        traffic = {"kind": "raw", "interface": "eth0", "frames": [frame.ljust(120, "0")], "rate": 20, "count": 3}
        self.send({"host": vm["name"], "traffic": traffic})

    def halt(self, request):
        """Ends a daemon without a word; the database by itself, or ovs-vswitchd, whose tables and internal ports are gone then."""
        self.hypervisors[request["hypervisor"]].kill(request["daemon"])
        return {}

    def resume(self, request):
        hypervisor, daemon = self.hypervisors[request["hypervisor"]], request["daemon"]
        if daemon not in hypervisor.daemons:
            {"ovsdb-server": hypervisor.start_database, "ovs-vswitchd": hypervisor.start_switch}[daemon]()
        return {}

    def spine_port(self, request, up):
        """A spine's end of an uplink. Silently, the hypervisor's end stays up, and what is sent goes nowhere."""
        netns, port = self.netns(request["spine"]), request["hypervisor"]
        number = self.hypervisors[port].number
        if up:
            self.batch(netns, "link set %s address %s up" % (port, GATEWAY_MAC % number))
            call("ip", "netns", "exec", netns, "sysctl", "-qw", "net.ipv4.conf.%s.forwarding=1" % port)
            subprocess.run(["ip", "-n", netns, "rule", "delete", "pref", str(1000 + number)], capture_output=True, check=False)
        elif request.get("silent"):
            call("ip", "netns", "exec", netns, "sysctl", "-qw", "net.ipv4.conf.%s.forwarding=0" % port)
            self.batch(netns, "rule add to 198.18.%d.0/24 blackhole pref %d" % (number, 1000 + number))
        else:
            self.batch(netns, "link set %s down" % port)

    def cut_spine(self, request):
        """All uplinks of a spine, and its link to the other; answers with when, in milliseconds since the epoch."""
        at = time.time() * 1000
        self.cut.add(request["spine"])
        self.batch(self.netns(request["spine"]), "link set peer down")
        for name in self.hypervisors:
            self.spine_port({**request, "hypervisor": name}, False)
        return {"at": at}

    def join_spine(self, request):
        self.cut.discard(request["spine"])
        netns = self.netns(request["spine"])
        far = SPINES.index(request["spine"]) ^ 1
        self.batch(netns, "link set peer up", "route replace 198.18.0.0/16 via 169.254.0.%d table 200" % (far + 1))
        other = SPINES[far]
        if other not in self.cut:
            self.batch(self.netns(other), "route replace 198.18.0.0/16 via 169.254.0.%d table 200" % (2 - far))
        for name in self.hypervisors:
            self.spine_port({**request, "hypervisor": name}, True)
        return {"at": time.time() * 1000}

    def cut_uplink(self, request):
        at = time.time() * 1000
        self.spine_port(request, False)
        return {"at": at}

    def join_uplink(self, request):
        self.spine_port(request, True)
        return {"at": time.time() * 1000}

    def link_state(self, request, word):
        """One end of a link; the carrier is gone, or back, at both."""
        one, other = self.hypervisors[request["one"]], self.hypervisors[request["other"]]
        at = time.time() * 1000
        self.batch(one.netns, "link set %s %s" % (other.name, word))
        return {"at": at}

    def cut_link(self, request):
        return self.link_state(request, "down")

    def join_link(self, request):
        return self.link_state(request, "up")

    def uplinks(self, request):
        """Other flows for the uplinks; "none" leaves those that are there."""
        self.spec["uplinks"] = request["kind"]
        for hypervisor in self.hypervisors.values():
            hypervisor.uplink_flows(request["kind"])
        return {}

    def controllers(self, request):
        for hypervisor in self.hypervisors.values():
            hypervisor.controllers(request["addresses"], request.get("bridges", ["brint"]))
        return {}

    def cut_control(self, request):
        """The hypervisor's way to its controllers."""
        self.hypervisors[request["hypervisor"]].cut()
        return {}

    def join_control(self, request):
        self.hypervisors[request["hypervisor"]].connect()
        return {}

    def capture(self, request):
        """Writes what passes an interface of a host into a file of pcap(5) from now on, until end_capture; which is told its number."""
        interface, file = request.get("interface") or self.interface(request["host"]), os.path.abspath(request["file"])
        command = ["tcpdump", "-n", "-U", "--immediate-mode", "-B", "16384", "-Z", "root", "-i", interface, "-w", file, *request.get("filter", [])]
        process = self.popen(request["host"], command, stderr=subprocess.PIPE, text=True)
        said = ""
        while "listening on" not in said:
            line = process.stderr.readline()
            if line == "":
                raise RuntimeError("tcpdump in %s: %s" % (request["host"], said.strip()))
            said += line
        self.made.process(process.pid)
        self.captures[process.pid] = process
        return {"capture": process.pid}

    def end_capture(self, request):
        """Answers with the number of packets in the file; all that came until now are. Raises where the kernel could not keep all."""
        process = self.captures.pop(request["capture"])
        deadline, came = time.monotonic() + 10, None
        while True:
            # It says "N packets captured, N packets received by filter, N packets dropped by kernel".
            process.send_signal(signal.SIGUSR1)
            captured, received, dropped = (int(word) for word in process.stderr.readline().split() if word.isdigit())
            came = received if came is None else came
            if captured >= came - dropped or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        process.terminate()
        process.communicate()
        self.made.ended(process.pid)
        if dropped > 0 or captured < came:
            raise RuntimeError("the capture has %d packets of %d, and %d were dropped: it proves nothing" % (captured, came, dropped))
        return {"captured": captured}

    def stop(self, _request=None):
        self.end_processes()
        for process in [*self.captures.values(), *self.started.values()]:
            process.kill()
            process.wait()
        self.captures.clear()
        self.started.clear()
        for hypervisor in self.hypervisors.values():
            hypervisor.cut()
            for daemon in list(hypervisor.daemons):
                process = hypervisor.daemons.pop(daemon)
                process.kill()
                process.wait()
        self.hypervisors.clear()
        if self.made is not None:
            delete_namespaces(self.made.rows["namespaces"])
            self.made = None
            shutil.rmtree(self.directory, ignore_errors=True)
        return {}


if __name__ == "__main__":
    if os.geteuid() != 0:
        sys.exit("a lab makes network namespaces: it has to be run by root")
    given = sys.argv[1] if len(sys.argv) > 1 else None
    serve(Cloud(given), None if given is None else os.path.join(given, "lab.sock"))
