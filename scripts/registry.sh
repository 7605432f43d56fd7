# Sourced behind env.sh: a domain registry for one script, which speaks EPP; gone with the script.
# start_registry: sets $registry_port and $registry_root, the file with the root certificate that has to be trusted.
start_registry() {
  registry_folder=$(mktemp -d /var/tmp/mpanel-registry.XXXXXX)
  chmod 755 "$registry_folder"
  registry_root="$registry_folder/root.pem"
  "$CARGO_TARGET_DIR/debug/test_registry" "$registry_folder" >"$registry_folder/log" 2>&1 &
  registry=$!
  waited=0
  until [ -s "$registry_folder/port" ]; do
    kill -0 "$registry" 2>/dev/null || { cat "$registry_folder/log"; exit 1; }
    waited=$((waited + 1))
    [ "$waited" -lt 60 ] || { stop_registry; echo "the registry did not come up"; exit 1; }
    sleep 1
  done
  registry_port=$(cat "$registry_folder/port")
}

stop_registry() {
  kill -TERM "$registry" 2>/dev/null || true
  wait "$registry" 2>/dev/null || true
  rm -rf "$registry_folder"
}
