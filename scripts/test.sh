#!/usr/bin/env bash
# npm test: everything, on real Open vSwitch as root.  npm test -- --unit: what needs neither.
# Other arguments go to mocha (a file, -g PATTERN, …).
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
files=()
named=false
for argument in "${arguments[@]+"${arguments[@]}"}"; do [ -f "$argument" ] && named=true; done
if [ "$named" = false ]; then
  if [ "$mode" = unit ]; then files=('test/!(system|support|golden)/**/*.test.ts' 'test/*.test.ts'); else files=('test/**/*.test.ts'); fi
fi
exec timeout --signal=INT 3000 npx --no-install mocha --reporter scripts/reporter.cjs "${arguments[@]+"${arguments[@]}"}" "${files[@]+"${files[@]}"}"
