"""A list of promises looked through as a whole: what contradicts what, what may be one, what it costs, whom it serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from commonweal.mandate import likeness, rules
from commonweal.mandate.likeness import Likely, Text
from commonweal.mandate.model import Bill, Finding, Scope
from commonweal.mandate.reading import Listed

Share = Callable[[Scope], float]
"""The share of an electorate that meets a scope, 0 to 1."""


@dataclass(frozen=True)
class Checked:
    """What was found. `served`: by key, the share of the electorate that a promise serves, where that could be counted."""

    listed: Listed
    findings: tuple[Finding, ...]
    likely: tuple[Likely, ...]
    bill: Bill
    served: dict[str, float]

    @property
    def contradicted(self) -> bool:
        """Whether something was found that can't stand."""
        return any(finding.code.grave for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """For machines: codes and their parameters, money in minor units."""
        listed = self.listed
        return {
            "promises": len(listed.promises),
            "blank_rows": listed.blank,
            "unread_lines": list(listed.unread),
            "languages": dict(Counter(promise.language or "unknown" for promise in listed.promises)),
            "columns": dict(listed.columns),
            "findings": [
                {"code": each.code.value, "promises": list(each.keys), "params": dict(each.params)}
                for each in self.findings
            ],
            "not_understood": [
                {"promise": fault.key, "code": fault.error.code, "text": str(fault.error)}
                for fault in listed.faults
            ],
            "likeness": [
                {
                    "promises": [each.one, each.other],
                    "likeness": round(each.likeness, 3),
                    "shared": list(each.shared),
                }
                for each in self.likely
            ],
            "bill": {
                "cost": self.bill.cost,
                "saved": self.bill.saved,
                "paid": self.bill.paid,
                "unpaid": self.bill.unpaid,
                "promises_without_cost": self.bill.unsaid,
            },
            "served": [{"promise": key, "share": round(share, 4)} for key, share in self.served.items()],
        }


def check(listed: Listed, share: Share | None = None) -> Checked:
    """Look a list through. `share` counts an electorate, where one is at hand."""
    promises = listed.promises
    found = rules.findings(promises, listed.levers, listed.budgets)
    texts = [Text(promise.key, promise.text, promise.language) for promise in promises]
    counted = [promise for promise in promises if share and promise.gains is not None]
    return Checked(
        listed,
        tuple(found),
        tuple(likeness.candidates(texts)),
        rules.bill(promises),
        {promise.key: share(promise.gains) for promise in counted if share and promise.gains is not None},
    )
