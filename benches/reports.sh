#!/usr/bin/env bash
# Reports over a made-up base beside DuckDB on the same purchases, in one run.
#
#   benches/reports.sh [CUSTOMERS] [MEAN_PURCHASES] [ROUNDS]
#
# Treue is timed as a command, from its start to its JSON: it opens the store and the policies each time. DuckDB is timed
# per query, in a process that has its tables open: one row per purchase, returns taken off, in local time. The store is kept
# in target/load and made once per size; DuckDB comes from PyPI into target/venv.
set -euo pipefail
cd "$(dirname "$0")/.."
customers=${1:-10000} mean=${2:-10} rounds=${3:-5}

treue=${TREUE:-target/release/treue}
[ -n "${TREUE:-}" ] || cargo build --release --quiet --bin treue
mkdir -p target/load
name=target/load/$customers-$mean
[ -e "$name.redb" ] || "$treue" --store "$name.redb" demo --customers "$customers" --mean-purchases "$mean"
for table in purchases returns; do
  [ -e "$name-$table.csv.gz" ] || "$treue" --store "$name.redb" export "$table" --format csv --output "$name-$table.csv.gz"
done
[ -x target/venv/bin/python ] || python3 -m venv target/venv
target/venv/bin/python -c 'import duckdb' 2>/dev/null || target/venv/bin/pip install --quiet duckdb
target/venv/bin/python benches/reports.py "$treue" "$name" "$rounds"
