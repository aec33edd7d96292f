"""Times `treue report` beside DuckDB on the same purchases; called by reports.sh."""

import json
import subprocess
import sys
import time

import duckdb

treue, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
base = duckdb.connect()

# Not timed: one row per purchase that did not come back in full, by the shop's clock.
base.execute(f"""
  CREATE TABLE purchases AS
  WITH returned AS (
    SELECT purchase, sum(gross::DECIMAL(18, 2) - discount::DECIMAL(18, 2)) AS net, sum(cost::DECIMAL(18, 2)) AS cost,
      sum(quantity::DECIMAL(18, 3)) AS units
    FROM read_csv('{name}-returns.csv.gz', all_varchar = true) GROUP BY purchase
  ), bought AS (
    SELECT purchase, customer, min("at")::TIMESTAMP AS "at", sum(gross::DECIMAL(18, 2) - discount::DECIMAL(18, 2)) AS net,
      sum(cost::DECIMAL(18, 2)) AS cost, sum(quantity::DECIMAL(18, 3)) AS units
    FROM read_csv('{name}-purchases.csv.gz', all_varchar = true) WHERE customer <> '' GROUP BY purchase, customer
  )
  SELECT customer, "at", bought.net - coalesce(returned.net, 0) AS net, bought.cost - coalesce(returned.cost, 0) AS cost
  FROM bought LEFT JOIN returned USING (purchase) WHERE bought.units > coalesce(returned.units, 0)
""")

QUERIES = {
    "abc": """
      WITH held AS (SELECT customer, greatest(sum(net), 0) AS net FROM purchases GROUP BY customer),
      ranked AS (
        SELECT net, sum(net) OVER (ORDER BY net DESC RANGE UNBOUNDED PRECEDING) - net * count(*) OVER (PARTITION BY net) AS above,
          sum(net) OVER () AS total, row_number() OVER (ORDER BY net) AS rank, count(*) OVER () AS many FROM held
      )
      SELECT CASE WHEN above < 0.8 * total THEN 'A' WHEN above < 0.95 * total THEN 'B' ELSE 'C' END AS class, count(*), sum(net),
        min(net), sum((2 * rank - many - 1) * net::DOUBLE / (many * total::DOUBLE)) FROM ranked GROUP BY class ORDER BY class
    """,
    "rfm": """
      WITH facts AS (
        SELECT customer, date_diff('day', max("at"), TIMESTAMP '2030-01-01') AS recency, count(*) AS frequency, sum(net) AS net
        FROM purchases GROUP BY customer
      ), cuts AS (
        SELECT quantile_cont(recency, [0.2, 0.4, 0.6, 0.8]) AS r, quantile_cont(frequency, [0.2, 0.4, 0.6, 0.8]) AS f,
          quantile_cont(net::DOUBLE, [0.2, 0.4, 0.6, 0.8]) AS m FROM facts
      )
      SELECT 5 - len(list_filter(r, lambda cut: cut < recency)) AS rs, 1 + len(list_filter(f, lambda cut: cut < frequency)) AS fs,
        1 + len(list_filter(m, lambda cut: cut < net)) AS ms, count(*), sum(net) FROM facts, cuts GROUP BY rs, fs, ms
    """,
    "cohorts": """
      WITH first AS (SELECT customer, date_trunc('month', min("at")) AS cohort FROM purchases GROUP BY customer)
      SELECT cohort, date_diff('month', cohort, "at") AS age, count(DISTINCT customer), count(*), sum(net), sum(net - cost)
      FROM purchases JOIN first USING (customer) GROUP BY cohort, age ORDER BY cohort, age
    """,
}
TREUE = {
    "abc": ["abc", "--metric", "net"],
    "rfm": ["rfm", "--segment", "usual"],
    "cohorts": ["cohorts"],
}
NET = {"abc": lambda report: report["total"]["total"], "rfm": lambda report: report["total"]["net"],
       "cohorts": lambda report: report["total"]["net"]}


def fastest(work):
    best, found = float("inf"), None
    for _ in range(rounds):
        start = time.perf_counter()
        found = work()
        best = min(best, time.perf_counter() - start)
    return best, found


def report(arguments):
    command = [treue, "--store", f"{name}.redb", "report", *arguments, "--json"]
    return subprocess.run(command, check=True, capture_output=True).stdout


many, customers, net = base.execute("SELECT count(*), count(DISTINCT customer), sum(net) FROM purchases").fetchone()
print(f"{customers} customers, {many} purchases, net {net}; the fastest of {rounds}")
print(f"{'report':10} {'treue s':>9} {'duckdb s':>9} {'ratio':>7}")
for kind, query in QUERIES.items():
    theirs, _ = fastest(lambda: base.execute(query).fetchall())
    ours, output = fastest(lambda: report(TREUE[kind]))
    assert abs(float(NET[kind](json.loads(output))) - float(net)) < 0.005 * many, "not the same purchases"
    print(f"{kind:10} {ours:9.3f} {theirs:9.3f} {ours / theirs:6.1f} x")
