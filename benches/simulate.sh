#!/usr/bin/env bash
# A replay of a large made-up base: under two policies of the shipped one's size, and under one ladder beside DuckDB, which
# computes the same ladder on the same purchases by window functions; in turn, in one run.
#
#   benches/simulate.sh [CUSTOMERS] [MEAN_PURCHASES] [ROUNDS]
#
# Needs DuckDB (PyPI: pip install duckdb).
set -euo pipefail
cd "$(dirname "$0")/.."
customers=${1:-1000000} mean=${2:-10} rounds=${3:-3}
target=${CARGO_TARGET_DIR:-target}

cargo build --release --quiet --example replay_speed
file=$(mktemp --suffix .csv)
trap 'rm -f "$file"' EXIT
/usr/bin/time -f '%M KiB at most' "$target/release/examples/replay_speed" "$customers" "$mean"
for round in $(seq "$rounds"); do
  "$target/release/examples/replay_speed" "$customers" "$mean" "$file" | grep ladder
  python3 - "$file" <<'PYTHON'
import sys, time, duckdb
base = duckdb.connect()
base.execute(f"""create table bought as select column0::bigint as customer, column1::bigint as moment, column2::bigint as gross
    from read_csv('{sys.argv[1]}', header = false)""")
begun = time.perf_counter()
# Cents; half a cent is rounded up. What was bought in the same instant does not count yet.
granted, count = base.execute("""
    with spent as (select gross, coalesce(sum(gross) over (partition by customer order by moment
        range between unbounded preceding and 1 preceding), 0) as before from bought)
    select sum((gross * case when before >= 500000 then 10 when before >= 250000 then 7 when before >= 100000 then 5
        when before >= 50000 then 3 else 0 end + 50) // 100)::bigint, count(*) from spent""").fetchone()
seconds = time.perf_counter() - begun
print(f"DuckDB {duckdb.__version__}: {seconds:.2f} s, {count / seconds:.0f} purchases/s, {granted} cents granted")
PYTHON
done
