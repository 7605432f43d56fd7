#!/bin/sh
# Starts the panel with a real test server and tells its story in a browser: purchase, portal, admin, deletion, every page.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
. "$ROOT/scripts/demo.sh"
cd "$ROOT/end2end"
# These are for the Rust tests; the panel refuses keys that it does not know.
unset MPANEL_NODE_BINARY MPANEL_BED_REQUIRED
[ -d node_modules/@playwright/test ] && [ -d node_modules/@axe-core/playwright ] || PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm install --no-audit --no-fund --loglevel=error

host="e2e$$"
# What proves a domain is asked of a resolver that a test starts.
resolver=$((20000 + $$ % 20000 + 2))
settings="MPANEL_GRACE_SECONDS=5 MPANEL_DNS_RESOLVERS=[\"127.0.0.1:$resolver\"]"
# Certificates come from an authority that validates for real and asks that resolver, too.
. "$ROOT/scripts/pebble.sh"
start_pebble "$((resolver + 1))" "127.0.0.1:$resolver"
settings="$settings MPANEL_ACME__DIRECTORY_URL=$acme_directory MPANEL_ACME__CONTACT=ops@panel.example MPANEL_ACME__ROOT=$acme_root"
# Domains are registered at a registry of the tests.
. "$ROOT/scripts/registry.sh"
start_registry
settings="$settings MPANEL_REGISTRY__HOST=127.0.0.1 MPANEL_REGISTRY__PORT=$registry_port MPANEL_REGISTRY__ROOT=$registry_root"
settings="$settings MPANEL_REGISTRY__USER=mpanel MPANEL_REGISTRY__PASSWORD=registry-password"
start_demo 900 --bed "$ROOT/end2end/bed/bed" --host "$host"
export E2E_URL="$url" E2E_SETUP_LINK="$setup" E2E_BED="$ROOT/end2end/bed/bed" E2E_HOST="$host" E2E_RESOLVER="$resolver" E2E_ACME_ROOT="$acme_root"
rm -f test-results-*.json
npx playwright test "$@" || { status=$?; echo "--- the panel's log"; tail -n 80 "$data/panel.log"; exit "$status"; }
