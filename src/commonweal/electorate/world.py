"""The world answers: what people do once a campaign has contacted them, by the hidden truth.

A campaign learns only what `World.respond` tells; `World.value` is for tests, which check that what was
learnt holds the truth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from commonweal.electorate import truth as hidden
from commonweal.electorate.effects import CHANNELS, Susceptibility, gains, shifts
from commonweal.electorate.errors import ArmsDontFit, NoTruth, UnknownVoters
from commonweal.electorate.latent import MESSAGES, expit
from commonweal.electorate.model import Flags, Floats, Ints

_SAID = pa.schema([("registration_number", pa.string()), ("support", pa.int8())])
_ANSWER = pa.schema(
    [
        ("registration_number", pa.string()),
        ("arm", pa.string()),
        ("voted", pa.int8()),
        ("support", pa.int8()),
    ]
)
_NUMBER = re.compile(r"[0-9]{1,18}")  # what an int64 holds
_VOTE, _SURVEY, _SUPPORT, *_BEFORE = range(7)  # what a person's draws are for
_STEADINESS = 0.8  # of people say the same in two surveys, where nothing was done between them


class World:
    """The voters of one synthetic electorate, as they really are."""

    def __init__(self, registration: Ints, answers: Floats, voters: Susceptibility) -> None:
        self._registration = registration  # ascending
        self._answers = answers
        self._voters = voters

    @classmethod
    def open(cls, truth: Path) -> World:
        """Read the truth that `Electorate.write` left in the folder `truth`: about 130 bytes a voter."""
        if not (truth / hidden.MANIFEST).is_file():
            raise NoTruth(path=truth)
        columns = ["turnout_logit", "support_logit", "responsive", "answers"]
        ears, tunes = (
            [f"ear_{channel}" for channel in CHANNELS],
            [f"resonance_{message}" for message in MESSAGES],
        )
        table = pq.read_table(
            truth / hidden.PERSONS,
            columns=["numero_electeur", *columns, *ears, *tunes],
            filters=[("numero_electeur", "!=", "")],
        )
        registration = table["numero_electeur"].cast(pa.int64()).to_numpy()
        order = np.argsort(registration)

        def column(name: str) -> Floats:
            return np.asarray(table[name].to_numpy()[order])

        voters = Susceptibility(
            turnout=column("turnout_logit"),
            support=column("support_logit"),
            responsive=column("responsive"),
            ear=np.column_stack([column(name) for name in ears]),
            resonance=np.column_stack([column(name) for name in tunes]),
        )
        return cls(registration[order], column("answers"), voters)

    def __len__(self) -> int:
        return len(self._registration)

    def knows(self, registration_numbers: Sequence[str]) -> Flags:
        """(n,): whether each number is a voter's; a list's misread cell may be none's."""
        asked, rows = self._find(registration_numbers)
        return np.asarray(self._registration[rows] == asked)

    def respond(self, registration_numbers: Sequence[str], arm: Sequence[str], seed: int) -> pa.Table:
        """The outcome of a randomised pilot: who turned out, and what those who answered a survey afterwards said.

        `arm` has for each voter the option that was tried, a code of `effects.OPTIONS`, or "control". Returns
        registration_number, arm, voted (0 or 1) and support (0 or 1, null for those who didn't answer; whether
        they answer does not depend on the arm). A voter's luck depends on `seed` and number alone, not on
        the order of rows, and one voter asked twice says the same.
        """
        if len(registration_numbers) != len(arm):
            raise ArmsDontFit(voters=len(registration_numbers), arms=len(arm))
        rows, arms = self._rows(registration_numbers), np.asarray(arm, dtype=object)
        turnout, support = self._voters.turnout[rows], self._voters.support[rows]
        for option in dict.fromkeys(arms.tolist()):
            treated = np.flatnonzero(arms == option)
            more_turnout, more_support = shifts(self._take(rows[treated]), option)
            turnout[treated] += more_turnout
            support[treated] += more_support
        number = self._registration[rows]
        voted = _draw(number, seed, _VOTE) < expit(turnout)
        supports = _draw(number, seed, _SUPPORT) < expit(support)
        answered = _draw(number, seed, _SURVEY) < self._answers[rows]
        columns = [
            pa.array(list(registration_numbers), type=pa.string()),
            pa.array(arms.tolist(), type=pa.string()),
            pa.array(voted.astype(np.int8)),
            pa.array(supports.astype(np.int8), mask=~answered),
        ]
        return pa.Table.from_arrays(columns, schema=_ANSWER)

    def ask(self, registration_numbers: Sequence[str], seed: int) -> pa.Table:
        """What the same people say in a survey before the pilot of that `seed`: support 0 or 1, null without an answer.

        Four in five answer if they will afterwards, and four in five of those who answer say what they will afterwards if
        nobody contacts them; it is a new draw for the others. So of those who answer afterwards some 85% had answered
        before, and their two answers correlate by 0.8. Returns registration_number, support.
        """
        rows = self._rows(registration_numbers)
        number = self._registration[rows]

        def luck(later: int, steady: int, anew: int) -> Floats:
            same = _draw(number, seed, steady) < _STEADINESS
            return np.where(same, _draw(number, seed, later), _draw(number, seed, anew))

        supports = luck(_SUPPORT, *_BEFORE[:2]) < expit(self._voters.support[rows])
        answered = luck(_SURVEY, *_BEFORE[2:]) < self._answers[rows]
        columns = [
            pa.array(list(registration_numbers), type=pa.string()),
            pa.array(supports.astype(np.int8), mask=~answered),
        ]
        return pa.Table.from_arrays(columns, schema=_SAID)

    def value(self, registration_numbers: Sequence[str], option: str) -> tuple[Floats, Floats]:
        """The true gain of trying `option` on each voter: change in the chance of turning out, and of support."""
        return gains(self._take(self._rows(registration_numbers)), option)

    def baseline(self, registration_numbers: Sequence[str]) -> tuple[Floats, Floats]:
        """The true chance of turning out and of supporting the list, with no contact."""
        rows = self._rows(registration_numbers)
        return expit(self._voters.turnout[rows]), expit(self._voters.support[rows])

    def people(self, registration_numbers: Sequence[str]) -> Susceptibility:
        """What decides how contacts work on each voter."""
        return self._take(self._rows(registration_numbers))

    def _rows(self, registration_numbers: Sequence[str]) -> Ints:
        asked, rows = self._find(registration_numbers)
        unknown = np.flatnonzero(self._registration[rows] != asked)
        if len(unknown):
            raise UnknownVoters(count=len(unknown), example=registration_numbers[int(unknown[0])])
        return rows

    def _find(self, registration_numbers: Sequence[str]) -> tuple[Ints, Ints]:
        """The numbers, and for each the row where it is or would be."""
        asked = np.array(
            [int(text) if _NUMBER.fullmatch(text) else -1 for text in registration_numbers], dtype=np.int64
        )
        return asked, np.minimum(np.searchsorted(self._registration, asked), len(self) - 1)

    def _take(self, rows: Ints) -> Susceptibility:
        voters = self._voters
        return Susceptibility(
            voters.turnout[rows],
            voters.support[rows],
            voters.responsive[rows],
            voters.ear[rows],
            voters.resonance[rows],
        )


def _draw(number: Ints, seed: int, purpose: int) -> Floats:
    """A number in [0, 1) for each voter, by SplitMix64 (Steele, Lea and Flood 2014) of number, seed and purpose."""
    salt = np.random.default_rng([seed, purpose]).integers(0, 2**64, dtype=np.uint64)
    z = number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + salt
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return np.asarray((z >> np.uint64(11)).astype(np.float64) / 2**53)
