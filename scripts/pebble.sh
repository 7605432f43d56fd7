# Sourced behind env.sh: a certificate authority for one script, which validates names for real; gone with the script.
# start_pebble PORT RESOLVER: listens on this port and the next one of the loopback and asks this resolver. Sets $acme_directory and $acme_root, the
# file with what has to be trusted: the root of what it issues, and its own certificate.
start_pebble() {
  pebble_folder=$(mktemp -d /var/tmp/mpanel-pebble.XXXXXX)
  acme_directory="https://localhost:$1/dir" acme_root="$pebble_folder/trusted.pem"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
    -keyout "$pebble_folder/key.pem" -out "$pebble_folder/own.pem" 2>/dev/null
  cat >"$pebble_folder/config.json" <<END
{ "pebble": { "listenAddress": "127.0.0.1:$1", "managementListenAddress": "127.0.0.1:$(($1 + 1))", "certificate": "$pebble_folder/own.pem",
  "privateKey": "$pebble_folder/key.pem", "httpPort": 80, "tlsPort": 443, "ocspResponderURL": "", "externalAccountBindingRequired": false } }
END
  PEBBLE_VA_NOSLEEP=1 pebble -config "$pebble_folder/config.json" -dnsserver "$2" >"$pebble_folder/log" 2>&1 &
  pebble=$!
  waited=0
  until curl -fsk "https://127.0.0.1:$(($1 + 1))/roots/0" -o "$acme_root"; do
    kill -0 "$pebble" 2>/dev/null || { cat "$pebble_folder/log"; exit 1; }
    waited=$((waited + 1))
    [ "$waited" -lt 60 ] || { stop_pebble; echo "pebble did not come up"; exit 1; }
    sleep 1
  done
  cat "$pebble_folder/own.pem" >>"$acme_root"
  chmod 755 "$pebble_folder"
}

stop_pebble() {
  kill -TERM "$pebble" 2>/dev/null || true
  wait "$pebble" 2>/dev/null || true
  rm -rf "$pebble_folder"
}
