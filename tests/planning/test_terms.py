"""plan.toml: what a plan may use, and clear words for what makes no sense."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import pytest

from commonweal.planning.days import ChannelDays, Days
from commonweal.planning.errors import BadEnd, NoSuchLimit, TermsUnreadable
from commonweal.planning.terms import Doors, Term, Terms, changed, groups, read_terms
from planning.folk import CALL, DOOR

GOOD = """
most = 2
learning = 0.05

[doors]
hours_each = 0.1
hours = { "31555-01" = 12.5 }
elsewhere = 0

[days]
first = 2027-02-01
apart = 2

[days.door]
on = ["tue", "thu", "sat"]
a_day = 400
last = 2027-04-01

[[limit]]
name = "calls"
channel = "phone"
each = 0.1
unit = "hours"
at_most = 40
"""


def read(folder: Path, text: str) -> Terms:
    (folder / "plan.toml").write_text(text)
    return read_terms(folder)


def test_terms_are_read(tmp_path: Path) -> None:
    terms = read(tmp_path, GOOD)
    assert terms.doors is not None
    assert (terms.most, terms.learning, terms.doors.hours, terms.doors.elsewhere) == (
        2,
        0.05,
        {"31555-01": 12.5},
        0,
    )
    assert (terms.limit[0].at_most, terms.limit[0].at_least) == (40, 0)
    assert terms.doors.evening == 3.0
    assert terms.days == Days(
        first=date(2027, 2, 1),
        apart=2,
        door=ChannelDays(on=("tue", "thu", "sat"), a_day=400, last=date(2027, 4, 1)),
    )


def test_without_the_file_there_is_one_contact_and_no_limit(tmp_path: Path) -> None:
    assert read_terms(tmp_path) == Terms()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("most = 0", "a person gets 1 to 5 contacts"),
        ("learning = 0.9", "a share from 0 to 0.5"),
        ("learning = 0.1\nexploring = 0.6", "a share from 0 to 0.5"),
        ("exploring = 0.1", "nobody is left alone"),
        ('[[limit]]\nname = "a"\nat_most_share = 1', "not a share from 0 to below 1"),
        ('[[limit]]\nname = "a"\nat_least_share = -0.2', "not a share from 0 to below 1"),
        ('[[limit]]\nname = "a"\nat_least_share = 0.2\nat_most = 9', "make it two limits"),
        ('[[limit]]\nname = "a"\nat_least_share = 0.2\neach = 0.1', "without each and unit"),
        ("mots = 2", "mots"),
        ("[doors]\nhours_each = 0", "it takes more than 0"),
        ("[doors]\nhours_each = 0.1\nhours = { x = -1 }", "the hours of area 'x': -1"),
        ('[[limit]]\nname = "x"', "neither at_most nor at_least"),
        ('[[limit]]\nname = "x"\nat_most = 3\nat_least = 4', "at least 4 is above at most 3"),
        ('[[limit]]\nname = "x"\nat_most = 3\neach = 0', "which has to be more than 0"),
        ('[[limit]]\nname = "x"\nat_most = nan', "is not a number of 0 or more"),
        ('[[limit]]\nname = "x"\nchannel = "pigeon"\nat_most = 3', "pigeon"),
        ('[[limit]]\nname = "x"\nat_most = 3\n' * 2, "'x' stands twice"),
        ('[[limit]]\nname = ""\nat_most = 3', "needs a name"),
        ("most = ", "plan.toml"),
        ("[doors]\nhours_each = 0.1\nevening = 0.05", "too short for a door"),
        ("[days]\nfirst = 2027-02-03\nlast = 2027-02-01", "first is 2027-02-03, after last, 2027-02-01"),
        ("[days]\nfirst = 2027-02-01\nlast = 2037-02-01", "are 3654 days, more than 366"),
        ("[days]\nfirst = 2027-02-01\nlast = 2027-02-05\napart = 5", "5 days apart, but from .* are 5 days"),
        ("[days]\napart = -1", "apart is -1"),
        (
            '[days.door]\non = ["tue", "tues"]',
            "'tues': give days of the week, of mon, tue, .*, sun.*days.door",
        ),
        (
            "[days.door]\nfirst = 2027-02-10\nlast = 2027-02-01",
            "first is 2027-02-10, after last, .*days.door",
        ),
        ("[days]\nlast = 2027-02-05\n[days.sms]\nfirst = 2027-02-06", "days.sms: first is 2027-02-06, after"),
        ("[days]\nfirst = 2027-02-05\n[days.post]\nlast = 2027-02-04", "days.post: last is .*, before the"),
        ("[days.door]\non = []", "names no day"),
        ("[days.door]\na_day = 0", "a_day is 0: give 1 or more"),
        ("[days.pigeon]\na_day = 1", "pigeon"),
        ('[days]\nfirst = 2027-02-01\nlast = 2027-02-05\n[days.sms]\non = ["sat"]', "days.sms leaves no day"),
        ('[days]\nfirst = "tomorrow"', "got `str` - at `..days.first`"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(TermsUnreadable, match=told):
        read(tmp_path, text)


OPTIONS = (DOOR, CALL)
TERMS = Terms(
    doors=Doors(hours_each=0.1, hours={"a": 3.0}),
    limit=(
        Term(name="calls", channel="phone", at_most=40.0),
        Term(name="trams", message="trams", at_least=5),
    ),
)


def test_each_kind_of_limit_can_be_changed() -> None:
    options, terms = changed(
        OPTIONS, TERMS, {"door:housing": 12, "calls": 60, "trams": 2, "hours:a": 9, "hours:b": 1, "most": 3}
    )
    assert [each.capacity for each in options] == [12, None]
    assert (terms.most, terms.limit[0].at_most, terms.limit[1].at_least) == (3, 60, 2)
    assert terms.doors is not None
    assert terms.doors.hours == {"a": 9, "b": 1}
    assert changed(OPTIONS, TERMS, {}) == (OPTIONS, TERMS)
    shares = (
        Term(name="post", channel="post", at_most_share=0.3),
        Term(name="young", who="age < 30", at_least_share=0.2),
    )
    _options, terms = changed(OPTIONS, Terms(limit=shares), {"post": 0.4, "young": 0.25})
    assert [each.share for each in terms.limit] == [0.4, 0.25]
    days = Terms(days=Days(apart=3, door=ChannelDays(a_day=400)))
    _options, terms = changed(OPTIONS, days, {"days:door": 300, "days:phone": 50})
    assert terms.days == Days(apart=3, door=ChannelDays(a_day=300), phone=ChannelDays(a_day=50))


@pytest.mark.parametrize("name", ["post:none", "money", "hours"])
def test_a_limit_that_is_not_there_is_not_changed(name: str) -> None:
    with pytest.raises(NoSuchLimit, match=r"most, door:housing, phone:housing, calls, trams"):
        changed(OPTIONS, TERMS, {name: 3})
    with pytest.raises(NoSuchLimit):
        changed(OPTIONS, Terms(), {"hours:a": 3})
    with pytest.raises(NoSuchLimit):
        changed(OPTIONS, Terms(), {"days:door": 3})
    with pytest.raises(NoSuchLimit):
        changed(OPTIONS, Terms(days=Days()), {"days:pigeon": 3})


def test_the_limits_that_there_are_are_told_as_one_writes_them() -> None:
    with pytest.raises(NoSuchLimit, match=r"calls, trams, days:door, days:phone, hours:AREA\.$"):
        changed(OPTIONS, msgspec.structs.replace(TERMS, days=Days()), {"days:fax": 3})
    with pytest.raises(NoSuchLimit, match=r": most, door:housing, phone:housing\.$"):
        changed(OPTIONS, Terms(), {"hours:a": 3})


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("calls", -1, "“calls” can't be “-1”. Give a number of 0 or more."),
        ("calls", float("nan"), "a number of 0 or more"),
        ("calls", 3, "Give 5 or more: plan.toml asks"),
        ("most", 0, "a whole number from 1 to 5"),
        ("most", 6, "a whole number from 1 to 5"),
        ("most", 1.5, "a whole number from 1 to 5"),
        ("days:door", 0, "a whole number of 1 or more"),
        ("days:phone", 2.5, "a whole number of 1 or more"),
        ("young", 25, "“young” can't be “2500%”. Give a share from 0% to below 100%."),
    ],
)
def test_a_limit_is_not_changed_to_what_it_cannot_be(name: str, value: float, told: str) -> None:
    calls = Term(name="calls", channel="phone", at_most=40.0, at_least=5)
    young = Term(name="young", who="age < 30", at_least_share=0.2)
    with pytest.raises(BadEnd, match=told):
        changed(OPTIONS, Terms(days=Days(), limit=(calls, young)), {name: value})


def test_each_expression_is_one_group_in_the_order_of_the_file() -> None:
    limit = [Term(name=str(place), who=who, at_most=1) for place, who in enumerate(("b", "", "a", "b"))]
    assert groups(Terms(limit=tuple(limit))) == ("b", "a")
