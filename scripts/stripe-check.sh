#!/bin/sh
# The stand-in for Stripe is held against two outsiders: Stripe's own Python client makes the same calls as mPanel and checks the signatures
# of the webhooks, and every answer and message is compared with Stripe's description.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
tool="$MPANEL_CACHE/stripe-16.0.0"
if [ ! -x "$tool/bin/python" ] || ! "$tool/bin/python" -c 'import stripe, jsonschema' 2>/dev/null; then
  rm -rf "$tool"
  python3 -m venv "$tool" && "$tool/bin/pip" install --quiet --disable-pip-version-check stripe==16.0.0 jsonschema==4.26.0 ||
    { echo "stripe-check: Stripe's client could not be installed from the Python index; the lines above say why"; rm -rf "$tool"; exit 1; }
fi
port=$((20000 + $$ % 20000))
"$CARGO_TARGET_DIR/debug/mpanel" stripe-simulator --listen "127.0.0.1:$port" --webhook-url "http://127.0.0.1:$((port + 1))/" &
simulator=$!
trap 'kill "$simulator" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
waited=0
until curl -s -o /dev/null "http://127.0.0.1:$port/"; do
  kill -0 "$simulator" 2>/dev/null && [ "$waited" -lt 30 ] || { echo "the simulator did not come up"; exit 1; }
  waited=$((waited + 1))
  sleep 1
done
"$tool/bin/python" "$ROOT/scripts/stripe-check.py" "http://127.0.0.1:$port" sk_test_simulator whsec_simulator \
  "$ROOT/crates/stripe-simulator/description/spec.json" "$((port + 1))"
