#!/bin/sh
# What comes over the wire for the first pages of a browser that has nothing yet, one after the other. Needs: bench/common.sh, and Chromium.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$here/../.." && pwd)
. "$ROOT/scripts/env.sh"
. "$ROOT/scripts/demo.sh"
cd "$ROOT"
. "$ROOT/bench/common.sh"
start_demo 120
make_admin
node "$here/first.mjs" "$url" "$cookie" /sign-in /admin /admin/cloudpods /admin/jobs /admin/customers /admin/products /admin/invoices /admin/servers /admin/audit /account
