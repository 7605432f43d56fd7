#!/bin/sh
# Sends generated requests, right and wrong ones, to every operation of the API's document: without a session, then as an admin.
# No 5xx, no status and no answer that the document does not have. Argument: how many requests an operation gets (20).
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
. "$ROOT/scripts/demo.sh"
cd "$ROOT"
examples=${1:-20}
tool="$MPANEL_CACHE/schemathesis-4.32.5"
if [ ! -x "$tool/bin/schemathesis" ]; then
  rm -rf "$tool"
  python3 -m venv "$tool" && "$tool/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 ||
    { echo "api-fuzz: schemathesis could not be installed from the Python index; the lines above say why"; rm -rf "$tool"; exit 1; }
fi

start_demo 120

# What would end the session, or sends a mail for every word.
aside="--exclude-operation-id live --exclude-operation-id sign_out_now"
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth
# One worker: Python 3.11 fails now and then when two threads parse its code (python/cpython#106905).
fuzz() {
  say=$1; shift
  echo "== $say"
  # shellcheck disable=SC2086 # words
  (cd "$data" && "$tool/bin/schemathesis" run "$url/api/openapi.json" --checks "$checks" --max-examples "$examples" --phases coverage,fuzzing \
    --workers 1 --seed 1 --continue-on-failure --warnings off --output-truncate true $aside "$@")
}
status=0
fuzz "without a session" || status=$?
make_admin
fuzz "as an admin" -H "Cookie: $cookie" || status=$?
if [ "$status" != 0 ]; then grep -aE 'incident|panicked' "$data/panel.log" | tail -n 40 || true; fi
exit "$status"
