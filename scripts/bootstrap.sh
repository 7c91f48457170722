#!/usr/bin/env bash
# Installs what is missing, and only that: Debian packages (as root), npm packages, the build, a running Open vSwitch.
# Usage: bootstrap.sh unit|system|peers    unit needs no Open vSwitch and no root. Safe and quick to run again.
# peers also unpacks what benches compare with (OVN) into .cache/peers: nothing of it is installed, started or run as root.
set -euo pipefail
cd "$(dirname "$0")/.."
mode="${1:-system}"

say() { printf '\033[2m· %s\033[0m\n' "$*" >&2; }
stop() { printf 'tagsteer: %s\n' "$*" >&2; exit 1; }

node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 20) ? 0 : 1)' 2>/dev/null ||
  stop "Node.js 20.20 or later is needed; found $(node --version 2>/dev/null || echo none)."

case "$mode" in unit | system | peers) ;; *) stop "usage: bootstrap.sh unit|system|peers" ;; esac

if [ "$mode" = system ]; then
  packages=(openvswitch-switch mininet iproute2 iputils-ping ethtool nftables iperf3 tcpdump isc-dhcp-client udhcpc e2fsprogs openssl procps python3-scapy python3-os-ken openvswitch-testcontroller kea-dhcp4-server kea-ctrl-agent)
  missing=()
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
  if [ "$(id -u)" != 0 ]; then
    if [ ${#missing[@]} -gt 0 ]; then
      stop "these Debian packages are missing; install them with:  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
    fi
    stop "real switches and network namespaces need root: run this as root, or run the tests that need neither with:  npm test -- --unit"
  fi
  if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || stop "this is not a Debian system: install by hand what provides: ${missing[*]}"
    say "installing Debian packages: ${missing[*]}"
    log=$(mktemp)
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      stop "apt-get failed; the lines above say why. The whole log is $log"
    fi
    rm -f "$log"
  fi
  if ! ovs-vsctl --timeout=5 show >/dev/null 2>&1; then
    say "starting Open vSwitch"
    # The rlimit that ovs-ctl asks for may be refused in a container; it says so and goes on.
    /usr/share/openvswitch/scripts/ovs-ctl start --system-id=random >/dev/null 2>&1 || true
    ovs-vsctl --timeout=20 show >/dev/null || stop "Open vSwitch does not start; see /var/log/openvswitch/"
  fi
fi

if [ "$mode" = peers ] && [ ! -x .cache/peers/usr/bin/ovn-northd ] && ! command -v ovn-northd >/dev/null; then
  command -v apt-get >/dev/null || stop "this is not a Debian system: install by hand what provides ovn-northd, ovn-controller and ovn-nbctl"
  say "unpacking OVN into .cache/peers"
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  if ! (cd "$folder" && apt-get download -qq ovn-central ovn-host ovn-common) >"$folder/log" 2>&1; then
    tail -n 20 "$folder/log" >&2
    stop "apt-get has no OVN; its lists may be missing:  sudo apt-get update"
  fi
  for package in "$folder"/*.deb; do dpkg -x "$package" "$folder/peers"; done
  mkdir -p .cache
  mv "$folder/peers" .cache/peers
fi

if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  say "installing npm packages"
  npm ci --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
if [ ! -f dist/tagsteer.js ] || [ -n "$(find openflow packet model store host topology ipam connectors controller cli proto scripts -newer dist/tagsteer.js \( -name '*.ts' -o -name '*.proto' -o -name '*.mjs' \) -not -path '*/dist/*' -print -quit)" ]; then
  say "building"
  node scripts/build.mjs
fi
