"""Whom a plan may choose from: of whom it is told who meets an expression."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.campaign import Campaign
from commonweal.consent.packs import RefusedByPolicy
from commonweal.mandate.errors import NotOfTheElectorate
from commonweal.people.errors import ExpressionError
from commonweal.planning.population import read_population
from town import town


def test_who_meets_an_expression_over_the_electorate(campaign: Campaign) -> None:
    made = town(300, seed=2)
    made.load(campaign)
    found = read_population(campaign, (), ("age < 40", "everyone"))
    profile = made.tables["people.profile"].sort_by("person_id")
    born = profile["birth_year"].to_numpy(zero_copy_only=False)
    age = campaign.today.year - born
    young = found.meets["age < 40"]
    assert found.meets["everyone"].all()
    assert 0 < young.sum() < 300
    assert young[age < 39].all()
    assert not young[age > 40].any()
    assert np.array_equal(found.person, profile["person_id"].to_numpy())
    with pytest.raises(RefusedByPolicy, match="political opinion"):
        read_population(campaign, (), ("support > 50",))
    with pytest.raises(NotOfTheElectorate, match="turnout"):
        read_population(campaign, (), ("turnout > 50",))
    with pytest.raises(ExpressionError):
        read_population(campaign, (), ("age <",))
