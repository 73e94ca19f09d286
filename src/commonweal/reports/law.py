"""The rules of a policy pack, and what they would refuse."""

from __future__ import annotations

from typing import Any

from commonweal.terminal import show_table


def show_policy(rules: list[dict[str, Any]]) -> None:
    """A policy pack's rules."""
    show_table(
        "Rules", ("rule", "article", "what it says"), [(r["code"], r["article"], r["text"]) for r in rules]
    )


def show_trial(told: dict[str, Any]) -> None:
    """What a policy pack would refuse."""
    rows = [
        (each["use"], each["channel"], each["reachable"], each["refused"], each["possible"])
        for each in told["answers"]
    ]
    show_table(f"Under {told['pack']}", ("use", "channel", "could be", "refused", "still possible"), rows)
    rules = {
        (r["code"], r["article"], r["text"], r["remedy"]) for each in told["answers"] for r in each["rules"]
    }
    rules |= {
        (r["code"], r["article"], f"{name}: {r['text']}", r["remedy"])
        for found in told["fields"].values()
        for name, r in found.items()
    }
    show_table("Why, and what to do", ("rule", "article", "what it says", "what to do"), sorted(rules))
