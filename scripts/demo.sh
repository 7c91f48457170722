#!/usr/bin/env bash
# npm run demo: the main job on real switches. -- --once ends by itself, non-zero if any verdict was wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
case " $* " in
  *" --help "* | *" -h "*)
    echo "npm run demo [-- --once]   three tenants on three Open vSwitch switches; --once ends by itself"
    exit 0
    ;;
esac
bash scripts/bootstrap.sh system
exec node --import tsx --conditions=source mininet/demo.ts "$@"
