#!/usr/bin/env bash
# Durable purchases by many tills at once, whose commits share a sync to disk, beside one till, where each purchase
# waits for a sync of its own; in turn, in one run.
#
#   benches/commit.sh [CONNECTIONS] [SECONDS] [ROUNDS]
#
# Needs wrk (Debian: apt-get install wrk).
set -euo pipefail
cd "$(dirname "$0")/.."
connections=${1:-64} seconds=${2:-5} rounds=${3:-3} customers=10000

cargo build --release --quiet --bin treue
folder=$(mktemp -d -p target)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
target/release/treue --store "$folder/store.redb" demo --customers "$customers"
target/release/treue --store "$folder/store.redb" serve --listen 127.0.0.1:0 >"$folder/out" 2>"$folder/err" &
server=$!
until grep -q '^listening on' "$folder/out"; do sleep 0.1; done
address=$(sed -n 's/^listening on //p' "$folder/out")

run() { # connections, name of the run
  CUSTOMERS=$customers RUN=$2 wrk -t1 -c"$1" -d"${seconds}s" --latency -s benches/purchases.lua "$address" | sed -n 's/^RESULT //p'
}
printf '%-12s %12s %10s %10s %8s\n' connections 'purchases/s' 'p50 us' 'p99 us' errors
for round in $(seq "$rounds"); do
  read -r one one_50 one_99 errors < <(run 1 "a$round")
  printf '%-12s %12s %10s %10s %8s\n' 1 "$one" "$one_50" "$one_99" "$errors"
  read -r many many_50 many_99 errors < <(run "$connections" "b$round")
  printf '%-12s %12s %10s %10s %8s\n' "$connections" "$many" "$many_50" "$many_99" "$errors"
  awk -v a="$many" -v b="$one" 'BEGIN { printf "ratio: %.1f times\n", a / b }'
done
