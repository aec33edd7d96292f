#!/usr/bin/env bash
# Fits of customer-value models on CDNOW beside the Python package `lifetimes`, one after the other, in one run.
#
#   benches/value.sh
#
# Needs python3 with venv; lifetimes 0.11.3 is installed once, below the target folder.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
venv=$target/lifetimes-venv
if [ ! -x "$venv/bin/python" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q 'lifetimes==0.11.3' 'numpy<1.27' 'pandas<2.1' 'scipy<1.12'
fi
cargo bench --bench value -- --noplot >"$target/value.out"
CRITERION=$target/criterion "$venv/bin/python" - <<'PYTHON'
import json, os, statistics, time, warnings
warnings.filterwarnings("ignore")
import pandas
from lifetimes import BetaGeoFitter, GammaGammaFitter, ModifiedBetaGeoFitter, ParetoNBDFitter
from lifetimes.utils import summary_data_from_transaction_data

rows = pandas.read_csv("../shared/data/cdnow_sample.csv.gz", parse_dates=["date"])
base = summary_data_from_transaction_data(
    rows, "customer_id", "date", monetary_value_col="dollar_value", observation_period_end="1997-09-30")
again = base[base.frequency > 0]
weeks = (base.frequency, base.recency / 7, base["T"] / 7)
print(f"{'model':<12} {'treue ms':>10} {'lifetimes ms':>13} {'ratio':>7}  parameters of both")
for name, fitter, given, rounds in [
    ("bg_nbd", BetaGeoFitter, weeks, 7),
    ("mbg_nbd", ModifiedBetaGeoFitter, weeks, 7),
    ("pareto_nbd", ParetoNBDFitter, weeks, 3),
    ("gamma_gamma", GammaGammaFitter, (again.frequency, again.monetary_value), 7),
]:
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        fitted = fitter(penalizer_coef=0.0)
        fitted.fit(*given)
        took.append(time.perf_counter() - start)
    with open(f"{os.environ['CRITERION']}/fit_{name}/new/estimates.json") as file:
        ours = json.load(file)["median"]["point_estimate"] / 1e6
    theirs = statistics.median(took) * 1e3
    parameters = ", ".join(f"{key} {value:.3f}" for key, value in fitted.params_.items())
    print(f"{name:<12} {ours:>10.2f} {theirs:>13.1f} {theirs / ours:>6.0f}x  {parameters}")
PYTHON
