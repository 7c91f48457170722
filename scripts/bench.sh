#!/usr/bin/env bash
# npm run bench -- NAME [arguments]: one bench; each prints one table with a peer or the physical limit beside ours.
set -euo pipefail
cd "$(dirname "$0")/.."
name="${1:-}"
if [ -z "$name" ] || [ ! -f "bench/$name.ts" ]; then
  echo "usage: npm run bench -- NAME   with NAME one of: codec, compile, drift, ipam, lint, overlay, peers, plan, policy, prove, restart, southbound, tagchange" >&2
  exit 1
fi
shift
exec node --import tsx --conditions=source "bench/$name.ts" "$@"
