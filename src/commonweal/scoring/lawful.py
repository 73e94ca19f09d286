"""What the campaign's policy pack permits scoring: of whom, from which facts, and support by area instead of by person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import beta

from commonweal.campaign import Campaign
from commonweal.consent import facts, gate, packs, queries
from commonweal.consent.model import Channel, Use
from commonweal.consent.packs import RefusedByPolicy
from commonweal.store.catalogue import LAKE
from commonweal.store.ledger import LedgerRole

Floats = npt.NDArray[np.float64]

LEAST_ANSWERS = 10
"""Answers below which an area has no figure of its own: it would tell of the few who gave them."""

_STRENGTH = (5.0, 500.0)  # of what all areas say together, in answers


@dataclass(frozen=True)
class Permitted:
    """no_support: why support may not be guessed of persons (None: it may). refused: persons (sorted ids) who may not
    be scored at all. left_out: attributes that may feed no model, each with the code of the rule."""

    no_support: RefusedByPolicy | None
    refused: npt.NDArray[np.int64]
    left_out: dict[str, str]


def permitted(campaign: Campaign) -> Permitted:
    """What holds today. Raises RealListsNeedPack, UnknownPack, PackNotInForce."""
    with campaign.ledger.read(LedgerRole.BULK) as connection:
        pack = packs.check_campaign(campaign, connection)
        held = queries.held_fields(connection)
    support = packs.forbidden(pack, Use.SCORE_SUPPORT)
    barred = packs.fields_refused(pack, Use.SCORE_TURNOUT, Channel.ANY, held.values())
    told = facts.lake_facts(campaign, Use.SCORE_TURNOUT, Channel.ANY, campaign.clock())
    why = gate.refusal(told, pack, Use.SCORE_TURNOUT, Channel.ANY)
    refused = campaign.lake.read(told.filter(why.notnull()).select("person_id"))["person_id"].to_numpy()
    return Permitted(
        packs.refuse(pack, support) if support else None,
        np.sort(refused),
        {
            name.removeprefix("attribute:"): rule.code
            for name, rule in barred.items()
            if name.startswith("attribute:")
        },
    )


def area_support(area: pa.Array, yes: Floats, answers: Floats) -> pa.Table:
    """scoring.area_support from counts by area: supporters among those who answered, drawn together.

    Each area's share is a beta posterior; what all areas say is its prior, as strong as the areas are alike (method
    of moments). Few answers move an area little; fewer than LEAST_ANSWERS not at all.
    """
    known = answers >= LEAST_ANSWERS
    share = yes.sum() / max(answers.sum(), 1.0)
    strength = _strength(yes[known], answers[known], share)
    plus = np.append(np.where(known, yes, 0.0), 0.0)
    of = np.append(np.where(known, answers, 0.0), 0.0)
    a, b = share * strength + plus, (1.0 - share) * strength + of - plus
    columns = {
        "area_code": pa.array([*area.to_pylist(), ""], pa.string()),
        "support": 100.0 * a / (a + b),
        "low": 100.0 * beta.ppf(0.025, a, b),
        "high": 100.0 * beta.ppf(0.975, a, b),
        "answers": of.astype(np.int64),
    }
    return pa.table(columns).cast(LAKE["scoring.area_support"].schema)


def _strength(yes: Floats, answers: Floats, share: float) -> float:
    if len(yes) < 2:
        return _STRENGTH[1]
    by_chance = float((share * (1.0 - share) / answers).mean())
    between = max(float(np.var(yes / answers)) - by_chance, 1e-9)
    return float(np.clip(share * (1.0 - share) / between - 1.0, *_STRENGTH))
