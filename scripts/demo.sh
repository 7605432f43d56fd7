# Sourced behind env.sh: a demo for one script, with a data folder and a port of its own; gone with the script.
# start_demo SECONDS [WORD...]: starts it with these words, waits that long until it is ready, and sets $url, $setup (the one-time link),
# $data and $panel. Before: $host names a test server to take down at the end, $program another mpanel, $settings its environment.
start_demo() {
  patience=$1; shift
  data=$(mktemp -d /var/tmp/mpanel-demo.XXXXXX)
  chmod 711 "$data"
  port=$((20000 + $$ % 20000))
  url="http://localhost:$port"
  # Without a test server the sites are simulated, on the next port.
  [ -n "${host:-}" ] || settings="${settings:-} MPANEL_SITES__PORT=$((port + 1))"
  # shellcheck disable=SC2086 # words
  env MPANEL_LISTEN="127.0.0.1:$port" MPANEL_PUBLIC_URL="$url" ${settings:-} \
    "${program:-$CARGO_TARGET_DIR/debug/mpanel}" demo --data-dir "$data/panel" --artifacts-dir "$MPANEL_CACHE/artifacts" "$@" >"$data/panel.log" 2>&1 &
  panel=$!
  trap stop_demo EXIT
  trap 'exit 130' INT TERM
  waited=0
  until curl -fsS "$url/readyz" >/dev/null 2>&1; do
    kill -0 "$panel" 2>/dev/null || { cat "$data/panel.log"; exit 1; }
    waited=$((waited + 1))
    [ "$waited" -lt "$patience" ] || { cat "$data/panel.log"; echo "the panel did not come up within $patience seconds"; exit 1; }
    sleep 1
  done
  setup=$(sed -n 's/^  set-up  *\(http[^ ]*\).*/\1/p' "$data/panel.log")
}

# Makes the admin by the one-time link, and sets $cookie to its session.
make_admin() {
  curl -fsS -c "$data/cookies" -H 'content-type: application/json' -o /dev/null "$url/api/public/session/set_up" \
    -d "{\"token\":\"${setup##*[/=]}\",\"email\":\"ada@example.org\",\"name\":\"Ada\",\"password\":\"a long enough password\"}"
  cookie="mpanel=$(awk '$6 == "mpanel" { print $7 }' "$data/cookies")"
}

stop_demo() {
  kill -TERM "$panel" 2>/dev/null || true
  wait "$panel" 2>/dev/null || true
  [ -z "${host:-}" ] || "$ROOT/end2end/bed/bed" down "$host" >/dev/null 2>&1 || true
  rm -rf "$data"
  [ -z "${pebble:-}" ] || stop_pebble
  [ -z "${registry:-}" ] || stop_registry
}
