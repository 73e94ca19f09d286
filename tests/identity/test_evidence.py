"""A column that nobody knows is evidence of a person only where it tells the people of one home apart."""

from __future__ import annotations

import random

import pyarrow as pa

from commonweal.identity import lists
from commonweal.intake.mapping import Corrections


def homes(seed: int, each: int) -> pa.Table:
    """Homes of three people, each person in `each` rows; `ctc` is the home's, `reg` the person's."""
    draw = random.Random(seed)
    rows = []
    for home in range(150):
        surname, ctc = (
            draw.choice(["Martin", "Bernard", "Petit", "Durand", "Leroy", "Moreau"]),
            draw.randrange(10**7),
        )
        for given in draw.sample(["Anna", "Bruno", "Chloe", "David", "Emma", "Farid", "Gilles", "Hugo"], 3):
            born, reg = f"{draw.randrange(1935, 2005)}-0{draw.randrange(1, 9)}-11", draw.randrange(10**7)
            row = {"surname": surname, "first": given, "dob": born, "address": f"{home + 1} rue des Lilas"}
            rows += [row | {"ctc": f"{ctc:07}", "xnum": f"{reg:07}"}] * each
    return pa.Table.from_pylist(rows)


def evidence(table: pa.Table) -> set[str]:
    (found,) = lists.understood({"members": table}, Corrections())
    return {header for header, column in found.mapping.columns.items() if column.prefix == "attribute"}


def test_what_a_home_shares_is_no_evidence_of_a_person() -> None:
    assert evidence(homes(seed=1, each=2)) == {"xnum"}


def test_where_a_home_holds_one_person_only_two_spellings_are_no_two_people() -> None:
    table = homes(seed=2, each=3)
    alone = table.filter(pa.array([row // 3 % 3 == 0 for row in range(table.num_rows)]))
    births = [born if row % 20 else "1950-01-01" for row, born in enumerate(alone["dob"].to_pylist())]
    names = ["X" + name[1:] if row % 20 == 0 else name for row, name in enumerate(alone["first"].to_pylist())]
    wrong = alone.set_column(1, "first", pa.array(names)).set_column(2, "dob", pa.array(births))
    assert "ctc" in evidence(wrong)
