#!/usr/bin/env bash
# Asks a running server whatever its own OpenAPI document allows, and more that it does not: no answer may be a 500, and
# none may be one that the document does not know.
#
#   tests/schemathesis.sh                  the program of `cargo build`
#   TREUE=target/release/treue tests/schemathesis.sh --max-examples 500
#
# Needs python3 with venv; schemathesis comes from PyPI into target/. What stands behind the script's name goes to
# `schemathesis run`; later options win.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.32.5
target=${CARGO_TARGET_DIR:-target}
treue=$(realpath "${TREUE:-$target/debug/treue}")
venv=$target/schemathesis
if [ ! -x "$venv/bin/schemathesis" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
fi

folder=$(mktemp -d)
server=
end() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap end EXIT

# A copy of the policies: what is activated is nobody else's. Customers, purchases and contacts to ask about.
cp -r policies scripts "$folder"
export TREUE_STORE=$folder/treue.redb TREUE_POLICIES=$folder/policies TREUE_SCRIPTS=$folder/scripts
"$treue" demo --customers 50 --seed 1 >/dev/null
key=$("$treue" keys make --role admin schemathesis)
TREUE_LOG=error "$treue" serve --listen 127.0.0.1:0 >"$folder/address" 2>"$folder/log" &
server=$!
until grep -q listening "$folder/address"; do kill -0 "$server"; sleep 0.1; done
url=$(sed -n 's/^listening on //p' "$folder/address")

status=0
"$venv/bin/schemathesis" --config-file tests/schemathesis.toml run "$url/openapi.json" \
  --header "Authorization: Bearer $key" --seed 1 --max-examples 25 --continue-on-failure "$@" || status=$?
if [ -s "$folder/log" ]; then
  echo 'the server logged:'
  head -n 50 "$folder/log"
  status=1
fi
exit "$status"
