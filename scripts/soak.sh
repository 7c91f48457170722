#!/usr/bin/env bash
# npm run soak -- [NAME ...]: the long runs of tests whose short ones are in the suite; without a name all of them, one
# after the other. SEED=N starts from another seed; a failure names its seed.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() {
  echo "usage: [SEED=N] npm run soak [-- NAME ...]   with NAME one of:"
  for file in test/soak/*.ts; do echo "  $(basename "$file" .ts)"; done
}
files=()
for name in "$@"; do
  case "$name" in --help | -h) usage; exit 0 ;; esac
  [ -f "test/soak/$name.ts" ] || { usage >&2; exit 1; }
  files+=("test/soak/$name.ts")
done
[ "${#files[@]}" -gt 0 ] || files=(test/soak/*.ts)
exec npx --no-install mocha --timeout 0 "${files[@]}"
