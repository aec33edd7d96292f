#!/usr/bin/env bash
# Quotes against the real server beside a bare axum handler with bodies of the same size, in turn, in one run.
#
#   benches/load.sh [CUSTOMERS] [MEAN_PURCHASES] [SECONDS] [ROUNDS]
#
# Needs wrk (Debian: apt-get install wrk). The store is kept in target/load and made once per size.
set -euo pipefail
cd "$(dirname "$0")/.."
customers=${1:-10000} mean=${2:-10} seconds=${3:-8} rounds=${4:-3} connections=${CONNECTIONS:-16}

cargo build --release --quiet --bin treue --example bare_handler
mkdir -p target/load
store=target/load/$customers-$mean.redb
treue() { target/release/treue --store "$store" "$@"; }
[ -e "$store" ] || treue demo --customers "$customers" --mean-purchases "$mean"

start() { # a name, then a command; sets the variable of that name to its address
  local out=target/load/$1.out
  "${@:2}" >"$out" 2>"target/load/$1.err" &
  pids+=($!)
  until grep -q '^listening on' "$out"; do sleep 0.1; done
  printf -v "$1" '%s' "$(sed -n 's/^listening on //p' "$out")"
}
pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT
start real target/release/treue --store "$store" serve --listen 127.0.0.1:0
size=$(curl -s -H 'content-type: application/json' "$real/v1/quotes" -d '{"customer":"c-1","lines":[{"sku":"SH-1","quantity":2,"unit_price":"49.90","unit_cost":"21.00","category":"shoes","tags":["new"]},{"sku":"SO-1","quantity":1,"unit_price":"8.90","category":"socks"}]}' | wc -c)
start bare target/release/examples/bare_handler "$size"
echo "base: $customers customers, about $mean purchases each; answers of $size bytes; $connections connections"

run() { CUSTOMERS=$customers wrk -t1 -c"$connections" -d"${2:-$seconds}s" --latency -s benches/load.lua "$1" | sed -n 's/^RESULT //p'; }
run "$real" 3 >/dev/null; run "$bare" 3 >/dev/null
printf '%-6s %10s %10s %10s %8s\n' who 'quotes/s' 'p50 us' 'p99 us' errors
for _ in $(seq "$rounds"); do
  read -r bare_rate bare_50 bare_99 errors < <(run "$bare")
  printf '%-6s %10s %10s %10s %8s\n' bare "$bare_rate" "$bare_50" "$bare_99" "$errors"
  read -r real_rate real_50 real_99 errors < <(run "$real")
  printf '%-6s %10s %10s %10s %8s\n' treue "$real_rate" "$real_50" "$real_99" "$errors"
  awk -v a="$real_rate" -v b="$bare_rate" -v c="$real_99" -v d="$bare_99" 'BEGIN { printf "ratio: %.0f %% of the throughput, p99 %.2f times\n", 100 * a / b, c / d }'
done
