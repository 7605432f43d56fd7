#!/bin/sh
# The time from asking for a certificate to having it: mPanel's own client and certbot, one after the other against the same authority (pebble, which
# validates for real over HTTP on this machine, with no pauses of its own and no authorizations used again). Usage: sh bench/certificates/run.sh [COUNT].
# Needs: cargo, python3-venv, openssl, curl and the Debian package pebble; certbot comes from PyPI.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
. "$ROOT/scripts/env.sh"
count=${1:-10}
cd "$ROOT"
cargo build --locked --release -p mpanel -p xtask -p mpanel-adapters --example issue_certificate
work=$(mktemp -d)
ca= names=
finish() {
  [ -z "$ca" ] || kill "$ca" 2>/dev/null || true
  [ -z "$names" ] || kill "$names" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" --quiet install certbot==5.8.0

# Ports that nobody has at the moment.
set -- $(python3 -c 'import socket
taken = [socket.socket() for _ in range(5)]
for one in taken: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in taken))')
acme=$1 management=$2 dns=$3 control=$4 http=$5
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -addext basicConstraints=critical,CA:FALSE -keyout "$work/key.pem" -out "$work/own.pem" 2>/dev/null
cat >"$work/config.json" <<END
{ "pebble": { "listenAddress": "127.0.0.1:$acme", "managementListenAddress": "127.0.0.1:$management", "certificate": "$work/own.pem",
  "privateKey": "$work/key.pem", "httpPort": $http, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": false } }
END
pebble-challtestsrv -http01 "" -https01 "" -tlsalpn01 "" -dns01 "127.0.0.1:$dns" -management "127.0.0.1:$control" -defaultIPv6 "" -defaultIPv4 127.0.0.1 >"$work/names.log" 2>&1 &
names=$!
PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 PEBBLE_AUTHZREUSE=0 pebble -config "$work/config.json" -dnsserver "127.0.0.1:$dns" >"$work/ca.log" 2>&1 &
ca=$!
waited=0
until curl -fsk "https://127.0.0.1:$management/roots/0" -o "$work/root.pem"; do
  kill -0 "$ca" 2>/dev/null || { cat "$work/ca.log"; exit 1; }
  waited=$((waited + 1))
  [ "$waited" -lt 60 ] || { echo "pebble did not come up"; exit 1; }
  sleep 1
done
directory="https://localhost:$acme/dir"

# Each takes its turn, so that a noisy machine is noisy for both. Both begin with an account that is there.
certbot() {
  REQUESTS_CA_BUNDLE="$work/own.pem" "$work/venv/bin/certbot" "$@" --config-dir "$work/certbot" --work-dir "$work/certbot" --logs-dir "$work/certbot" \
    --server "$directory" --non-interactive --quiet
}
mpanel() { "$CARGO_TARGET_DIR/release/examples/issue_certificate" "$directory" "$work/own.pem" "$http" "$work/account" "$@"; }
certbot register --agree-tos --register-unsafely-without-email
mpanel
run=0
while [ "$run" -lt "$count" ]; do
  run=$((run + 1))
  began=$(date +%s%N); mpanel "a$run.mpanel.test" "b$run.mpanel.test" >/dev/null; echo "$((($(date +%s%N) - began) / 1000000))" >>"$work/mpanel"
  began=$(date +%s%N); certbot certonly --standalone --http-01-port "$http" -d "a$run.certbot.test" -d "b$run.certbot.test"; echo "$((($(date +%s%N) - began) / 1000000))" >>"$work/certbot-times"
done
middle() { sort -n "$1" | awk '{ all[NR] = $1 } END { printf "%d ms (%d to %d)", all[int((NR + 1) / 2)], all[1], all[NR] }'; }
echo "one certificate for two names, whole processes, median of $count (least to most):"
echo "mPanel's client   $(middle "$work/mpanel")"
echo "certbot 5.8.0     $(middle "$work/certbot-times")"
