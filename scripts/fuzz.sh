#!/usr/bin/env bash
# npm run fuzz -- [options]: fuzzes node-openflow within a budget; --help says how, test/fuzz/README.md why.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node --import tsx --conditions=source test/fuzz/main.ts "$@"
