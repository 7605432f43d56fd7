#!/bin/sh
# Starts the panel with a real test server and tells its story in a browser: purchase, portal, admin, deletion, every page.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT/end2end"
# These are for the Rust tests; the panel refuses keys that it does not know.
unset MPANEL_NODE_BINARY MPANEL_BED_REQUIRED
[ -d node_modules/@playwright/test ] || PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --no-audit --no-fund --loglevel=error

host="e2e$$"
data=$(mktemp -d /var/tmp/mpanel-e2e.XXXXXX)
chmod 711 "$data"
port=$((20000 + $$ % 20000))
out="$data/demo.log"
export E2E_URL="http://localhost:$port" E2E_BED="$ROOT/end2end/bed/bed" E2E_HOST="$host"
MPANEL_LISTEN="127.0.0.1:$port" MPANEL_PUBLIC_URL="$E2E_URL" MPANEL_GRACE_SECONDS=5 \
  "$CARGO_TARGET_DIR/debug/mpanel" demo --data-dir "$data/panel" --artifacts-dir "$MPANEL_CACHE/artifacts" --bed "$E2E_BED" --host "$host" >"$out" 2>&1 &
panel=$!
clean() {
  kill -TERM "$panel" 2>/dev/null || true
  wait "$panel" 2>/dev/null || true
  "$E2E_BED" down "$host" >/dev/null 2>&1 || true
  rm -rf "$data"
}
trap clean EXIT
trap 'exit 130' INT TERM

waited=0
until curl -fsS "$E2E_URL/readyz" >/dev/null 2>&1; do
  kill -0 "$panel" 2>/dev/null || { cat "$out"; exit 1; }
  waited=$((waited + 1))
  [ "$waited" -lt 900 ] || { cat "$out"; echo "end2end: the panel did not come up within 15 minutes"; exit 1; }
  sleep 1
done
E2E_SETUP_LINK=$(sed -n 's/^  set-up  *\(http[^ ]*\).*/\1/p' "$out")
export E2E_SETUP_LINK
rm -f test-results-*.json
npx playwright test "$@" || { status=$?; echo "--- the panel's log"; tail -n 80 "$out"; exit "$status"; }
