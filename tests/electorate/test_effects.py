"""The sizes of the hidden effects are those that field experiments found."""

from __future__ import annotations

import numpy as np
import pytest

from commonweal.electorate import CONTROL, OPTIONS, Electorate
from commonweal.electorate.effects import Susceptibility, gains, shifts
from commonweal.electorate.errors import UnknownOption
from commonweal.electorate.latent import endow
from commonweal.electorate.people import populate

# Points of turnout that one contact adds on average, by channel: lowest and highest over the messages.
MEANS = {"door": (2.0, 5.0), "phone": (1.0, 2.5), "post": (0.3, 0.8), "sms": (0.3, 1.0), "email": (0.0, 0.2)}


@pytest.fixture(scope="module")
def voters() -> Susceptibility:
    block = next(iter(Electorate(100_000).blocks()))
    _people, latent = endow(block, populate(block))
    return Susceptibility(latent.turnout, latent.support, latent.responsive, latent.ear, latent.resonance)


def test_there_are_twenty_options() -> None:
    assert len(OPTIONS) == 20 == len(set(OPTIONS))
    assert "door:vote_reminder" in OPTIONS


@pytest.mark.parametrize("option", OPTIONS)
def test_mean_effects_on_turnout_are_realistic(voters: Susceptibility, option: str) -> None:
    turnout, support = gains(voters, option)
    least, most = MEANS[option.split(":", maxsplit=1)[0]]
    assert least <= 100 * turnout.mean() <= most
    assert (turnout > 0).all()
    assert abs(100 * support.mean()) < 4


def test_effects_differ_between_people_and_may_backfire(voters: Susceptibility) -> None:
    _turnout, support = gains(voters, "door:climate")
    assert support.std() > 0.01
    assert 0.1 < (support < 0).mean() < 0.6
    _turnout, reminded = gains(voters, "door:vote_reminder")
    assert abs(reminded.mean()) < 0.001


def test_control_changes_nothing(voters: Susceptibility) -> None:
    assert not np.concatenate(shifts(voters, CONTROL)).any()


def test_an_unknown_option_is_refused_with_the_known_ones(voters: Susceptibility) -> None:
    with pytest.raises(UnknownOption, match="door:housing"):
        gains(voters, "door:taxes")
