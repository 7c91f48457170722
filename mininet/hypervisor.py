"""One hypervisor of a cloud in a box: an Open vSwitch of its own in a network namespace, with the bridges brint and brphy.

What is around it, and how it all looks, is told in hypervisors.py. It knows no VM but by its port.
"""
import os
import subprocess
import time

from relay import Relay

SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
UNDERLAY_MTU = 9000
UPLINKS = ("up1", "up2")
#: Of both spines, towards hypervisor H: the last but one octet is H.
GATEWAY_MAC = "02:fe:00:00:%02x:fe"
VTEP_MAC = "02:fe:00:00:%02x:01"
#: Address space of one ovs-vswitchd, octets: threads' stacks, and far below what a machine has.
MEMORY = 4 << 30
START_SECONDS = 20


def call(*command, text=None, env=None):
    """Runs a command to its end. Raises RuntimeError with what it said where it fails."""
    finished = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env=env)
    if finished.returncode != 0:
        raise RuntimeError("%s: %s" % (" ".join(command), finished.stderr.strip()))
    return finished.stdout


class Hypervisor:
    """One of them: its daemons, its two bridges."""

    def __init__(self, lab, number, row):
        self.lab, self.number, self.name = lab, number, row["name"]
        self.netns = lab.netns(self.name)
        self.directory = os.path.join(lab.directory, self.name)
        self.dpid = row.get("dpid", "%016x" % number)
        self.underlay_dpid = row.get("underlay_dpid", "%016x" % (0xB000 + number))
        self.vtep = "198.18.%d.1" % number
        self.gateway = "198.18.%d.254" % number
        self.environment = {**os.environ, "OVS_RUNDIR": self.directory, "OVS_DBDIR": self.directory, "OVS_LOGDIR": self.directory}
        self.daemons, self.relays, self.starts = {}, [], 0

    def ovs(self, tool, *words):
        return call(tool, *words, env=self.environment)

    def vsctl(self, *words):
        return self.ovs("ovs-vsctl", "--timeout=20", "--retry", *words)

    def spawn(self, name, *words):
        log = ["-vconsole:off", "-vsyslog:off", "-vfile:info", "--pidfile", "--log-file=%s/%s.log" % (self.directory, name)]
        self.daemons[name] = self.lab.daemon(["ip", "netns", "exec", self.netns, *words, *log], self.environment)
        self.appears(name + ".pid", name)

    def appears(self, file, daemon):
        """A daemon writes its number when it listens."""
        path, deadline = os.path.join(self.directory, file), time.monotonic() + START_SECONDS
        while not os.path.exists(path):
            if self.daemons[daemon].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("%s of %s does not start: see %s/%s.log" % (daemon, self.name, self.directory, daemon))
            time.sleep(0.005)

    def start_database(self):
        if not os.path.exists(self.directory):
            os.mkdir(self.directory)
            call("ovsdb-tool", "create", self.directory + "/conf.db", SCHEMA)
        self.spawn("ovsdb-server", "ovsdb-server", self.directory + "/conf.db", "--remote=punix:%s/db.sock" % self.directory)
        # It has a number before it listens.
        self.vsctl("--no-wait", "list-br")

    def configure(self):
        """The rows of a new database."""
        system = ["external_ids:system-id=" + self.name, "external_ids:hostname=" + self.name]
        encap = self.lab.spec.get("encapsulation", "geneve")
        system += ["external_ids:tagsteer-encap-type=" + encap, "external_ids:tagsteer-encap-ip=" + self.vtep]
        system += ["external_ids:tagsteer-mtu=%d" % UNDERLAY_MTU]
        system += ["external_ids:tagsteer-bridge=brint"]
        words = ["--no-wait", "init", "--", "set", "Open_vSwitch", ".", *system]
        for bridge, dpid in (("brint", self.dpid), ("brphy", self.underlay_dpid)):
            words += ["--", "add-br", bridge, "--", "set", "Bridge", bridge, "datapath_type=netdev", "fail_mode=secure"]
            words += ["protocols=OpenFlow13,OpenFlow15", "other-config:datapath-id=" + dpid, "other-config:disable-in-band=true"]
        words += ["--", "set", "Bridge", "brphy", 'other-config:hwaddr="%s"' % (VTEP_MAC % self.number)]
        words += ["--", "set", "Interface", "brphy", "mtu_request=%d" % UNDERLAY_MTU]
        for port, uplink in enumerate(UPLINKS, 1):
            words += ["--", "add-port", "brphy", uplink, "--", "set", "Interface", uplink, "ofport_request=%d" % port]
        self.vsctl(*words)

    def start_switch(self):
        """Starts ovs-vswitchd with what the database says, and gives the underlay what it forgot."""
        limited = ["prlimit", "--as=%d" % MEMORY, "ovs-vswitchd", "unix:%s/db.sock" % self.directory, "--disable-system"]
        self.spawn("ovs-vswitchd", *limited)
        # A change of the database, so that ovs-vsctl waits until the daemon has done all that is in it.
        self.starts += 1
        self.vsctl("set", "Open_vSwitch", ".", "external_ids:lab-starts=%d" % self.starts)
        self.lab.batch(
            self.netns,
            "link set brphy up",
            "address replace %s/24 dev brphy" % self.vtep,
            "route replace 198.18.0.0/16 via %s dev brphy" % self.gateway,
        )
        self.uplink_flows(self.lab.spec.get("uplinks", "select"))
        # Open vSwitch asks for it when it needs it, and drops packets meanwhile; it listens to the kernel's only where a tunnel is.
        self.ovs("ovs-appctl", "tnl/neigh/set", "brphy", self.gateway, GATEWAY_MAC % self.number)

    def uplink_flows(self, kind):
        """`select`: by a hash of the outer header; `failover`: the first that is up; `none`: somebody else's flows."""
        if kind == "none":
            return
        # Without a method, Open vSwitch 3.1 leaves the ports of UDP out of the hash: all packets of two tunnel ends took one uplink.
        method = {"select": "select,selection_method=dp_hash", "failover": "ff"}[kind]
        buckets = "".join(",bucket=watch_port:%d,actions=output:%d" % (port, port) for port in (1, 2))
        group = "group_id=1,type=%s%s" % (method, buckets)
        flows = [
            "priority=100,in_port=1,actions=LOCAL",
            "priority=100,in_port=2,actions=LOCAL",
            "priority=200,in_port=LOCAL,arp,actions=output:1,output:2",
            "priority=100,in_port=LOCAL,actions=group:1",
        ]
        self.ovs("ovs-ofctl", "-O", "OpenFlow15", "--may-create", "mod-group", "brphy", group)
        call("ovs-ofctl", "-O", "OpenFlow15", "replace-flows", "brphy", "-", text="\n".join(flows) + "\n", env=self.environment)

    def add_vm(self, vm):
        words = ["add-port", "brint", vm["name"], "--", "set", "Interface", vm["name"], "ofport_request=%d" % vm["port"]]
        words += ["external_ids:iface-id=" + vm["name"], 'external_ids:attached-mac="%s"' % vm["mac"]]
        self.vsctl(*words)
        # Another number where that one is taken, say by a tunnel.
        vm["port"] = int(self.vsctl("get", "Interface", vm["name"], "ofport"))

    def add_tunnel(self):
        kind = self.lab.spec.get("encapsulation", "geneve")
        # Not with exts=gbp: the userspace datapath of Open vSwitch 3.1 neither writes policy ids nor takes packets that have one.
        name = {"geneve": "tsgnv0", "vxlan": "tsvxl0"}[kind]
        options = ["options:remote_ip=flow", "options:key=flow"]
        self.vsctl("add-port", "brint", name, "--", "set", "Interface", name, "type=" + kind, "ofport_request=1000", *options)

    def controllers(self, addresses, bridges):
        """Of these bridges, each HOST:PORT in the namespace where the lab runs; the other bridge has none."""
        self.cut()
        # Open vSwitch lets a bridge connect to Unix sockets with this prefix only.
        paths = {bridge: ["%s/%s.controller%d" % (self.directory, bridge, index) for index in range(len(addresses))] for bridge in bridges}
        self.relays = [Relay(path, address) for its in paths.values() for path, address in zip(its, addresses)]
        self.connect()
        words = []
        for bridge in ("brint", "brphy"):
            names = []
            for index, path in enumerate(paths.get(bridge, [])):
                names.append("@%s%d" % (bridge, index))
                # max_backoff counts only in the transaction that creates the row (Open vSwitch 3.1).
                words += ["--", "--id=" + names[-1], "create", "Controller", 'target="unix:%s"' % path, "max_backoff=1000"]
                words += ["connection_mode=out-of-band"]
            words += ["--", "set", "Bridge", bridge, "controller=[%s]" % ",".join(names)]
        self.vsctl(*words)

    def connect(self):
        for relay in self.relays:
            relay.open()

    def cut(self):
        for relay in self.relays:
            relay.cut()

    def kill(self, daemon):
        process = self.daemons.pop(daemon, None)
        if process is None:
            return
        process.kill()
        process.wait()
        self.lab.made.ended(process.pid)
        for file in os.listdir(self.directory):
            if file.startswith(daemon) and file.endswith((".pid", ".ctl")) or (file, daemon) == ("db.sock", "ovsdb-server"):
                os.unlink(os.path.join(self.directory, file))

    def ports(self):
        """OpenFlow numbers of brint's ports by name."""
        rows = self.vsctl("--bare", "--no-headings", "--format=csv", "--columns=name,ofport", "find", "Interface").split()
        table = dict(row.split(",") for row in rows if "," in row)
        return {name: int(table[name]) for name in self.vsctl("list-ports", "brint").split() if table.get(name)}
