"""E-mail addresses: syntax by the email-validator library, never a look into the DNS.

The library checks about 30,000 addresses a second. An address whose local part is plain ASCII needs it only for
its domain, and a list has few domains; the rest goes through the library whole. Both ways give the same answer (a
property test holds them to it).
"""

from __future__ import annotations

import re
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc
from email_validator import EmailNotValidError, validate_email

from commonweal.intake.normalise.text import Reading, Text, by_distinct, clean
from commonweal.intake.rules import Reason

# The "dot-atom" of RFC 5322 section 3.2.3, at most 64 bytes (RFC 5321 section 4.5.3.1.1).
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_PLAIN = rf"^(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?P<domain>[A-Za-z0-9.-]+)$"
_SEVERAL = re.compile(r"\s*[,;|/]\s*|\s+")
_WRAPPING = re.compile(r"^(?:[^<>@]*<|mailto:)?\s*|[>\s.,;]*$", re.IGNORECASE)
_DOTLESS = {"googlemail.com": "gmail.com", "gmail.com": "gmail.com"}


def emails(cells: Text) -> Reading:
    """Addresses in small letters, with the domain as the library normalises it.

    Reasons: BAD_EMAIL for what is no address; SEVERAL_VALUES where only the first of several was taken.
    """
    return by_distinct(cells, lambda distinct: _read(clean(distinct)))


def email_keys(addresses: Text) -> Text:
    """Addresses to match by: without +tags, and without the dots that Gmail ignores."""
    return by_distinct(addresses, lambda distinct: Reading(_keys(distinct))).values


def _read(cells: Text) -> Reading:
    quick = _by_pattern(cells)
    left = pc.and_(pc.is_valid(cells), pc.is_null(quick))
    if not pc.any(left, min_count=0).as_py():
        return Reading(quick)
    slow = [parse(cell) for cell in cells.filter(left).to_pylist()]
    values = pc.replace_with_mask(quick, left, pa.array([address for address, _ in slow], pa.string()))
    reasons = pa.nulls(len(cells), pa.string())
    reasons = pc.replace_with_mask(reasons, left, pa.array([reason for _, reason in slow], pa.string()))
    return Reading(values, reasons)


def _by_pattern(cells: Text) -> Text:
    """Addresses that are plain and whose domain is good; null for those that the library has to see whole."""
    parts = pc.extract_regex(cells, _PLAIN)
    plain = pc.and_(pc.is_valid(parts), pc.less_equal(pc.binary_length(parts.field(0)), 64))
    plain = pc.fill_null(pc.and_(plain, pc.less_equal(pc.binary_length(cells), 254)), False)
    local = pc.if_else(plain, pc.utf8_lower(parts.field(0)), pa.scalar(None, pa.string()))
    domains = pc.if_else(plain, parts.field(1), pa.scalar(None, pa.string())).dictionary_encode()
    good = pa.array(
        [None if domain is None else _domain(domain) for domain in domains.dictionary.to_pylist()],
        pa.string(),
    )
    return pc.binary_join_element_wise(local, good.take(domains.indices), "@")


@lru_cache(maxsize=100_000)  # a list's few domains come in every chunk
def _domain(domain: str) -> str | None:
    address = _valid(f"a@{domain}")
    return address.partition("@")[2] if address else None


def parse(cell: str) -> tuple[str | None, str | None]:
    """One cell by the library: the address, and the reason if it was not simply one."""
    bare = _WRAPPING.sub("", cell)
    address = _valid(bare)
    if address:
        return address, None
    pieces = [_WRAPPING.sub("", piece) for piece in _SEVERAL.split(bare) if piece]
    if len(pieces) > 1 and all(
        "@" in piece for piece in pieces
    ):  # "jean dupont@x.fr" is a slip, not two addresses
        for piece in pieces:
            address = _valid(piece)
            if address:
                return address, Reason.SEVERAL_VALUES.value
    return None, Reason.BAD_EMAIL.value


def _valid(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


def _keys(addresses: Text) -> Text:
    parts = pc.extract_regex(addresses, r"^(?P<local>[^+@]+)(?:\+[^@]*)?@(?P<domain>.*)$")
    local, domain = parts.field(0), parts.field(1)
    for alias, name in _DOTLESS.items():
        gmail = pc.equal(domain, alias)
        if pc.any(gmail).as_py():
            local = pc.if_else(gmail, pc.replace_substring(local, ".", ""), local)
            domain = pc.if_else(gmail, name, domain)
    keys = pc.binary_join_element_wise(local, domain, "@")
    return pc.if_else(pc.is_valid(parts), keys, addresses)
