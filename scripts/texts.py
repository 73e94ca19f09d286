"""Texts and their translations: collect every msgid of the code and the templates, and keep the catalogues in step.

python scripts/texts.py             update each locale/<language>/LC_MESSAGES/commonweal.po; list what lacks a text
python scripts/texts.py --check     change nothing; exit 1 if a text is missing, fuzzy, or breaks its placeholders
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parent.parent / "src/commonweal"
LOCALES = SOURCE / "web/locale"
METHODS = [("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"trimmed": "true", "extensions": "jinja2.ext.do", "silent": "false"}}
KEYWORDS = DEFAULT_KEYWORDS | {"progress": (3,)}  # progress(done, total, "step in words")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+(?:![rs])?(?::[^}]*)?\}")


def main() -> int:
    """Do what the command line asks; the exit code."""
    wanted = collected()
    faults = []
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/commonweal.po")):
        language = path.parent.parent.name
        catalogue = read(path, language)
        if "--check" not in sys.argv:
            wanted.creation_date = catalogue.creation_date  # else each run would change the file
            catalogue.update(wanted, no_fuzzy_matching=True)
            catalogue.obsolete.clear()
            write(path, catalogue)
        faults += [f"{language}: {fault}" for fault in missing(wanted, catalogue)]
    print("\n".join(faults), file=sys.stderr)
    return 1 if faults else 0


def collected() -> Catalog:
    """Every msgid that the code and the templates mark."""
    catalogue = Catalog(project="Commonweal", charset="utf-8", fuzzy=False)
    found = extract_from_dir(SOURCE, METHODS, OPTIONS, keywords=KEYWORDS)
    for name, _line, text, _comments, context in sorted(found, key=lambda each: (each[0], each[1])):
        catalogue.add(text, locations=[(name, 0)], context=context)
    return catalogue


def missing(wanted: Catalog, catalogue: Catalog) -> list[str]:
    """What a catalogue lacks: a text, or a placeholder in it."""
    faults = []
    for message in wanted:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        there = catalogue.get(ids[0])
        texts = (
            []
            if there is None or there.fuzzy
            else [there.string]
            if isinstance(there.string, str)
            else there.string
        )
        if not texts or not all(texts):
            faults.append(f"no text for {ids[0]!r}")
        elif any(set(PLACEHOLDER.findall(text)) - set(PLACEHOLDER.findall(" ".join(ids))) for text in texts):
            faults.append(f"a placeholder that the text does not have: {ids[0]!r}")
    return faults


def read(path: Path, language: str) -> Catalog:
    """A catalogue from its file."""
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write(path: Path, catalogue: Catalog) -> None:
    """A catalogue to its file, sorted, with the modules each text comes from but no line numbers: small diffs."""
    with path.open("wb") as file:
        write_po(file, catalogue, width=110, sort_output=True, include_lineno=False, omit_header=False)


if __name__ == "__main__":
    sys.exit(main())
