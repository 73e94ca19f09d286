#!/usr/bin/env bash
# Find a Chromium for the browser tests; as root on Debian install it. Without one, CI fails and a laptop skips.
set -euo pipefail
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
elif ! .venv/bin/playwright install chromium; then
    echo "No Chromium: the browser tests will be skipped here." >&2
    [ -z "${CI:-}" ]
fi
