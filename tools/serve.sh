#!/bin/bash
# The service under load, on this machine alone: tools/serve.sh load|drills|soak [ARGUMENTS]
# Builds with the profile ci, needs wrk (Debian: wrk), python3, and for the comparison thumbor (shared/peers/setup.sh).
set -euo pipefail
cd "$(dirname "$0")/.."
command -v wrk >/dev/null || { echo 'serve-load needs wrk (Debian: wrk)'; exit 1; }
kind=${1:?load, drills or soak}
shift
"${CARGO:-cargo}" build --locked --workspace --profile ci --bin templrender --bin urls
exec python3 "tools/serve/$kind.py" "$@"
