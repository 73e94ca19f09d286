import numpy as np
import pytest

from commonweal.electorate import ELECTIONS, REGISTERED, Electorate
from commonweal.electorate.latent import BY_ELECTION, SECOND_ROUND, Latent, endow, expit
from commonweal.electorate.model import Block, People
from commonweal.electorate.people import populate
from commonweal.electorate.places import toulouse


def made(block: Block) -> tuple[People, Latent]:
    return endow(block, populate(block))


def counts(block: Block, people: People, rows: np.ndarray) -> list[int]:
    return np.bincount(people.place[rows], minlength=265)[block.places].tolist()


def check_anchors(block: Block, people: People, latent: Latent) -> None:
    assert counts(block, people, latent.votes[SECOND_ROUND] == "O") == block.turnout.tolist()
    for ballot, expected in (("A", block.votes_a), ("B", block.votes_b), ("spoilt", block.spoilt)):
        assert counts(block, people, latent.ballot == ballot) == expected.tolist()


@pytest.mark.parametrize("voters", [1_000, 30_000])
def test_turnout_and_ballots_of_2022_are_the_apportioned_ones(voters: int) -> None:
    for block in Electorate(voters).blocks():
        check_anchors(block, *made(block))


@pytest.mark.slow
def test_at_the_real_size_every_total_is_the_published_one() -> None:
    ground = toulouse()
    registered, turnout = np.zeros(265, dtype=int), np.zeros(265, dtype=int)
    for block in Electorate(REGISTERED).blocks():
        people, latent = made(block)
        check_anchors(block, people, latent)
        registered[block.places] = counts(block, people, people.on_roll)
        turnout[block.places] = counts(block, people, latent.votes[SECOND_ROUND] == "O")
    assert (registered == ground.registered).all()
    assert (turnout == ground.turnout).all()


def test_nobody_voted_before_being_on_the_roll() -> None:
    block = next(iter(Electorate(30_000).blocks()))
    people, latent = made(block)
    for election, (day, _level) in ELECTIONS.items():
        votes = latent.votes[election]
        assert set(votes) == {"O", "N", ""}
        assert (votes[people.registered_on > day] == "").all()
        assert (votes[~people.on_roll] == "").all()
        able = people.on_roll & (people.registered_on <= day)
        assert (votes[able] != "").all()


def test_chances_follow_each_place_s_turnout_and_lean() -> None:
    """The mean chance in a place, at the level of 24 April 2022, is its published turnout; leaning likewise."""
    block = next(iter(Electorate(1_000_000, seed=2).blocks()))
    people, latent = made(block)
    place = np.searchsorted(block.places, people.place)
    size = np.bincount(place)
    turnout = np.bincount(place, expit(latent.turnout - BY_ELECTION)) / size
    share_a = np.bincount(place, expit(latent.leaning)) / size
    assert np.abs(turnout - toulouse().turnout_rate[block.places]).max() < 0.02
    assert np.abs(share_a - toulouse().share_a[block.places]).max() < 0.02


def test_past_votes_tell_of_the_next_one() -> None:
    block = next(iter(Electorate(30_000).blocks()))
    _people, latent = made(block)
    voted = latent.votes["europeennes_2024"] == "O"
    stayed = latent.votes["europeennes_2024"] == "N"
    assert expit(latent.turnout)[voted].mean() > expit(latent.turnout)[stayed].mean() + 0.15


def test_support_is_near_even_and_follows_the_leaning() -> None:
    block = next(iter(Electorate(30_000).blocks()))
    _people, latent = made(block)
    assert 0.35 < expit(latent.support).mean() < 0.55
    assert 0.2 < np.corrcoef(latent.support, latent.leaning)[0, 1] < 0.8
