#!/usr/bin/env bash
# npm run mutation -- [NAME ...]: deliberate faults in a copy of the compiler, each to be caught by its test; --help.
set -euo pipefail
cd "$(dirname "$0")/.."
exec node --import tsx --conditions=source test/mutation/run.ts "$@"
