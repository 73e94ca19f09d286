"""The rules of a policy pack, and what they would refuse: a block for each rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from commonweal.terminal import OUT, show_block, show_table
from commonweal.web import words

_SHOWN_FIELDS = 6


def show_policy(rules: list[dict[str, Any]], *, whole: bool = False) -> None:
    """A policy pack's rules, as `trial.rules` tells them; `whole`: with code, date and fields."""
    for rule in rules:
        channels = _listed(words.word("by_channel", each, str) for each in rule["channels"])
        uses = _listed(words.word("use", each, str) for each in rule["uses"])
        show_block(
            rule["article"],
            rule["text"],
            f"Bears on: {uses.lower()}" + (f"; {channels}" if channels else ""),
            f"Not by: {_fields(rule['fields'])}" if whole and rule["fields"] else "",
            f"Only by: {_fields(rule['except_fields'])}" if whole and rule["except_fields"] else "",
            f"Do: {rule['remedy']}",
            f"Rule {rule['code']}, law since {rule['valid_from']}" if whole else "",
        )
    if not whole:
        OUT.print("With --all: each rule's code, its date, and the fields that it names.")


def show_trial(told: dict[str, Any], *, whole: bool = False) -> None:
    """What a policy pack would refuse, as `trial.told` tells it: a line a use, a block a rule, the weightiest first."""
    rows = [(_way(each), each["reachable"], each["refused"], each["possible"]) for each in told["answers"]]
    title = f"{told['title']}, {told['on']}: what the law would leave of {told['persons']:,} persons"
    show_table(title, ("what for", "could be", "refused", "still possible"), rows)
    for rule, ways in _by_rule(told):
        refused = _listed(f"{way} {persons:,}" for way, persons in ways)
        _show_refusing(rule, f"Refuses: {refused}", whole)
    for rule, uses, fields in _by_fields(told):
        shown = fields if whole else fields[:_SHOWN_FIELDS]
        rest = f" and {len(fields) - len(shown)} more (--all)" if len(shown) < len(fields) else ""
        for_what = _listed(words.word("use", each, str) for each in uses).lower()
        _show_refusing(rule, f"Chooses nobody, for {for_what}, by: {_fields(shown)}{rest}", whole)


def _show_refusing(rule: dict[str, Any], what: str, whole: bool) -> None:
    code = f"Rule {rule['code']}" if whole else ""
    show_block(rule["article"], rule["text"], what, f"Do: {rule['remedy']}", code)


def _by_rule(told: dict[str, Any]) -> list[tuple[dict[str, Any], list[tuple[str, int]]]]:
    """Each rule that refuses anybody, with what for and how many persons; the one that refuses most first."""
    found: dict[str, tuple[dict[str, Any], list[tuple[str, int]]]] = {}
    for answer in told["answers"]:
        for rule in answer["rules"]:
            found.setdefault(rule["code"], (rule, []))[1].append((_way(answer), rule["persons"]))
    return sorted(found.values(), key=lambda each: -max(persons for _way, persons in each[1]))


def _by_fields(told: dict[str, Any]) -> list[tuple[dict[str, Any], list[str], list[str]]]:
    """Each rule on fields, with the uses that it bears on and the fields that it keeps from them."""
    found: dict[str, tuple[dict[str, Any], dict[str, None], dict[str, None]]] = {}
    for use, fields in told["fields"].items():
        for name, rule in fields.items():
            _rule, uses, names = found.setdefault(rule["code"], (rule, {}, {}))
            uses[use] = names[name] = None
    return [(rule, list(uses), list(names)) for rule, uses, names in found.values()]


def _way(answer: dict[str, Any]) -> str:
    use = words.word("use", answer["use"], str)
    return use if answer["channel"] == "*" else f"{use} {words.word('by_channel', answer['channel'], str)}"


def _fields(names: Iterable[str]) -> str:
    return _listed(dict.fromkeys(words.target(name, str) for name in names))


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)
