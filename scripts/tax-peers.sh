#!/bin/sh
# Prints the path of a Python with pyvat and python-stdnum, which the tests of tax/peers compare rates, rules and VAT numbers with when
# TAX_PEERS_PYTHON names it. Differences are explained in crates/core/billing/src/tax/peers/differences.csv.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
tool="$MPANEL_CACHE/tax-peers-1.3.18-2.2"
if [ ! -x "$tool/bin/python" ] || ! "$tool/bin/python" -c "import pyvat, stdnum" 2>/dev/null; then
  rm -rf "$tool"
  python3 -m venv "$tool" && "$tool/bin/pip" install --quiet --disable-pip-version-check pyvat==1.3.18 python-stdnum==2.2 >&2 ||
    { echo "tax-peers: pyvat and python-stdnum could not be installed from the Python index; the lines above say why" >&2; rm -rf "$tool"; exit 1; }
fi
printf '%s\n' "$tool/bin/python"
