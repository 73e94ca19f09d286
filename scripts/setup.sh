#!/usr/bin/env bash
# Make .venv with the locked packages, and fetch the locked front-end parts. Run it by `make setup`.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))'; then
    echo "Commonweal needs Python 3.11, 3.12 or 3.13; $python is $("$python" --version). Try: make setup PYTHON=python3.12" >&2
    exit 1
fi

make_venv() { "$python" -m venv --clear .venv; }

if [ ! -x .venv/bin/pip ] && ! make_venv 2>/dev/null; then
    # Debian keeps venv in a package of its own.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
        make_venv
    else
        echo "Python's venv module is missing. As root: apt-get install python3-venv" >&2
        exit 1
    fi
fi

.venv/bin/pip install --quiet --disable-pip-version-check "uv==${UV_VERSION}"
VIRTUAL_ENV=.venv .venv/bin/uv sync --quiet --frozen --all-extras --inexact --compile-bytecode

# LightGBM needs GNU's OpenMP library, which a bare Debian may lack.
if ! .venv/bin/python -c 'import lightgbm' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libgomp1 >/dev/null
    fi
    if ! .venv/bin/python -c 'import lightgbm'; then
        echo "LightGBM does not load. If libgomp.so.1 is missing, as root: apt-get install libgomp1" >&2
        exit 1
    fi
fi

.venv/bin/python scripts/vendor.py
