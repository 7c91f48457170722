#!/usr/bin/env bash
# npm test: everything, on real Open vSwitch as root.  npm test -- --unit: what needs neither.
# Other arguments go to mocha (a file, -g PATTERN, …).  Without a file the tests run in two lanes (scripts/run-tests.ts).
set -euo pipefail
cd "$(dirname "$0")/.."
mode=system
arguments=()
for argument in "$@"; do
  case "$argument" in
    --unit) mode=unit ;;
    --help | -h)
      echo "npm test [-- --unit] [mocha arguments]"
      echo "  --unit   only the tests that need neither root nor Open vSwitch"
      exit 0
      ;;
    *) arguments+=("$argument") ;;
  esac
done
bash scripts/bootstrap.sh "$mode"
npx --no-install biome ci --reporter=summary . >&2
npx --no-install tsc --noEmit >&2
named=false
for argument in "${arguments[@]+"${arguments[@]}"}"; do [ -f "$argument" ] && named=true; done
if [ "$named" = true ]; then
  exec timeout --signal=INT 3000 npx --no-install mocha --reporter scripts/reporter.cjs "${arguments[@]}"
fi
exec node --import tsx --conditions=source scripts/run-tests.ts "$mode" "${arguments[@]+"${arguments[@]}"}"
