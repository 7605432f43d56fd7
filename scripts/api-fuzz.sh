#!/bin/sh
# Sends generated requests, right and wrong ones, to every operation of the API's document: without a session, then as an admin.
# No 5xx, no status and no answer that the document does not have. Argument: how many requests an operation gets (20).
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
examples=${1:-20}
tool="$MPANEL_CACHE/schemathesis-4.32.5"
if [ ! -x "$tool/bin/schemathesis" ]; then
  rm -rf "$tool"
  python3 -m venv "$tool" && "$tool/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 ||
    { echo "api-fuzz: schemathesis could not be installed from the Python index; the lines above say why"; rm -rf "$tool"; exit 1; }
fi

data=$(mktemp -d /var/tmp/mpanel-fuzz.XXXXXX)
chmod 711 "$data"
port=$((20000 + $$ % 20000))
url="http://localhost:$port"
MPANEL_LISTEN="127.0.0.1:$port" MPANEL_PUBLIC_URL="$url" MPANEL_SITES__PORT=$((port + 1)) "$CARGO_TARGET_DIR/debug/mpanel" demo --data-dir "$data/panel" >"$data/panel.log" 2>&1 &
panel=$!
clean() {
  kill -TERM "$panel" 2>/dev/null || true
  wait "$panel" 2>/dev/null || true
  rm -rf "$data"
}
trap clean EXIT
trap 'exit 130' INT TERM
waited=0
until curl -fsS "$url/readyz" >/dev/null 2>&1; do
  kill -0 "$panel" 2>/dev/null || { cat "$data/panel.log"; exit 1; }
  waited=$((waited + 1))
  [ "$waited" -lt 120 ] || { cat "$data/panel.log"; echo "api-fuzz: the panel did not come up within two minutes"; exit 1; }
  sleep 1
done

# What would end the session, or sends a mail for every word.
aside="--exclude-operation-id live --exclude-operation-id sign_out_now"
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth
fuzz() {
  say=$1; shift
  echo "== $say"
  # shellcheck disable=SC2086 # words
  (cd "$data" && "$tool/bin/schemathesis" run "$url/api/openapi.json" --checks "$checks" --max-examples "$examples" --phases coverage,fuzzing \
    --workers 2 --seed 1 --continue-on-failure --warnings off --output-truncate true $aside "$@")
}
status=0
fuzz "without a session" || status=$?
link=$(sed -n 's/^  set-up  *\(http[^ ]*\).*/\1/p' "$data/panel.log")
token=${link##*[/=]}
curl -fsS -c "$data/cookies" -H 'content-type: application/json' -o /dev/null "$url/api/public/session/set_up" \
  -d "{\"token\":\"$token\",\"email\":\"fuzz@example.invalid\",\"name\":\"Fuzz\",\"password\":\"a long enough password\"}"
session=$(awk '$6 == "mpanel" { print $7 }' "$data/cookies")
fuzz "as an admin" -H "Cookie: mpanel=$session" || status=$?
if [ "$status" != 0 ]; then grep -aE 'incident|panicked' "$data/panel.log" | tail -n 40 || true; fi
exit "$status"
