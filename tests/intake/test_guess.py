"""Mappings guessed from names and values."""

from __future__ import annotations

import pyarrow as pa
import pytest

from commonweal.intake import rules
from commonweal.intake.guess import guess
from commonweal.intake.model import Column, Kind, Mapping, Mode, Origin


def sample(**columns: list[str | None]) -> pa.RecordBatch:
    names = {name.replace("__", " "): cells for name, cells in columns.items()}
    return pa.RecordBatch.from_pydict({name: pa.array(cells, pa.string()) for name, cells in names.items()})


def guessed(region: str = "FR", **columns: list[str | None]) -> Mapping:
    found = guess("List", sample(**columns), region)
    if found.targets():
        rules.check("list", found)
    return found


def targets(mapping: Mapping) -> dict[str, str]:
    return {header: column.target for header, column in mapping.columns.items()}


def test_a_french_roll() -> None:
    found = guessed(
        numero_electeur=["12", "13"],
        nom_de_naissance=["A", "B"],
        nom_d_usage=["", "C"],
        prenoms=["Anne, Lise", "Zoé"],
        sexe=["F", "M"],
        date_de_naissance=["31/01/1980", "1/2/1981"],
        bureau_de_vote=["1", "2"],
        municipales_2026=["O", "N"],
    )
    assert (found.kind, found.mode, found.origin) == (Kind.ROLL, Mode.SNAPSHOT, Origin.OFFICIAL)
    assert found.key == ("numero_electeur",)
    assert found.format.date_order == "dmy"
    assert list(targets(found).values()) == [
        "registration_number", "birth_surname", "surname", "given_names", "sex", "birth_date", "area_code",
        "vote:municipales_2026",
    ]  # fmt: skip


def test_an_american_voter_file() -> None:
    found = guessed(
        "US",
        VoterID=["1", "2"],
        LastName=["A", "B"],
        FirstName=["C", "D"],
        DOB=["1/31/1980", "2/1/1981"],
        Address=["1 Elm St", "2 Elm St"],
        Zip=["12345", "12346"],
        g2020=["A", ""],
        Party=["D", "R"],
    )
    assert found.format.date_order == "mdy"
    assert found.columns["g2020"] == Column(target="vote:2020_general", blank="no", other="yes")
    assert found.columns["Party"] == Column(target="attribute:party", sensitive="political_opinion")
    assert targets(found)["Address"] == "address_line"


def test_signups_and_what_refuses() -> None:
    found = guessed(
        id=["a", "b"], Prénom=["x", "y"], Mail=["x@example.org", ""], newsletter=["oui", "non"], ne_pas_appeler=["oui", ""]
    )  # fmt: skip
    assert (found.kind, found.key) == (Kind.SIGNUPS, ("id",))
    assert found.columns["newsletter"] == Column(target="consent_email")
    assert found.columns["ne_pas_appeler"] == Column(target="consent_phone", refusal=True)


def test_values_speak_where_names_do_not() -> None:
    found = guessed(
        Person=["x", "y"],
        Contact__1=["a@example.org", "b@example.org"],
        birth_info=["1/2/1980", "3/4/1981"],
        x=["1", "2"],
    )
    assert targets(found) == {"Person": "", "Contact 1": "email", "birth_info": "birth_date", "x": ""}


def test_a_name_is_not_believed_against_the_values() -> None:
    assert targets(guessed(phone=["0", "1"], nom=["A", "B"])) == {"phone": "", "nom": "surname"}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"nom": ["DURNESSE Paul", "MORVANIC Léa"]}, {"nom": "full_name"}),
        ({"nom": ["DURNESSE"], "prenom": ["Paul"]}, {"nom": "surname", "prenom": "given_name"}),
        ({"name": ["Durnesse"], "first_name": ["Paul"]}, {"name": "surname", "first_name": "given_name"}),
        ({"rue": ["12 rue X", "3 rue Y"], "nom": ["A", "B"]}, {"rue": "address_line", "nom": "surname"}),
        ({"numero": ["12"], "rue": ["rue X"]}, {"numero": "house_number", "rue": "street"}),
        ({"numero": ["12"], "adresse": ["rue X"]}, {"numero": "house_number", "adresse": "street"}),
        (
            {"age": ["31"], "dob": ["1/2/1980"], "nom": ["A"]},
            {"age": "", "dob": "birth_date", "nom": "surname"},
        ),
    ],
)
def test_columns_explain_one_another(columns: dict[str, list[str | None]], expected: dict[str, str]) -> None:
    assert targets(guessed(**columns)) == expected


def test_the_mobile_comes_before_the_landline() -> None:
    found = guessed(telephone_fixe=["01 99 00 12 34"], mobile=["06 39 98 12 34"], nom=["A"])
    assert found.columns["mobile"] == Column(target="phone", part=1)
    assert found.columns["telephone_fixe"] == Column(target="phone", part=2)


def test_numbers_that_are_words_stay_words() -> None:
    assert guessed(nom=["A", "B"], revenu=["20-30k", ">75k"]).columns["revenu"] == Column(
        target="attribute:income"
    )
    assert guessed(nom=["A", "B"], montant=["20", "30,50"]).columns["montant"].type == "number"


def test_a_column_that_repeats_is_no_key() -> None:
    assert guessed(id=["1", "1"], nom=["A", "B"]).key == ()
    assert guessed(id=["1", None], nom=["A", "B"]).key == ()


def test_the_order_of_full_names_is_kept_in_the_mapping() -> None:
    assert guessed(donateur=["DURNESSE Paul", "MORVANIC Léa"]).columns["donateur"].order == "surname_first"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("fname lname dob addr zip", "given_name surname birth_date address_line postcode"),
        ("givenname person_last_name patient_dob", "given_name surname birth_date"),
        ("FN LN BD TEL", "given_name surname birth_date phone"),
        ("first_name_1 last_name_1 birth_dt zip_cd", "given_name surname birth_date postcode"),
        ("NOM_PATRONYMIQUE PRENOM_1 DATE_NAISS NUM_VOIE LIB_VOIE C.P.", "birth_surname given_name birth_date house_number street postcode"),
        ("nom prénom date_naiss CP ville", "surname given_name birth_date postcode city"),
        ("first_name surname postcode_fake occupation", "given_name surname postcode attribute:occupation"),
        ("nomprenom datenaiss lieunaiss datedeces", "full_name birth_date - -"),
        ("first_name last_name fax birth_city mother_name", "given_name surname - - -"),
        ("given_name surname birth_month BirthDay", "given_name surname - -"),
    ],
)  # fmt: skip
def test_headers_in_any_dress(headers: str, expected: str) -> None:
    cells = {
        "birth_date": ["1980-03-31", "1975-12-01"],
        "address_line": ["12 Elm Street", "9 Oak Avenue"],
        "postcode": ["31000", "62704"],
        "house_number": ["12", "3 bis"],
        "phone": ["0612345678", "0698765432"],
        "full_name": ["DUPONT Anne", "MARTIN Luc"],
    }
    meant = ["" if target == "-" else target for target in expected.split()]
    columns = {h: cells.get(t, ["Anne", "Luc"]) for h, t in zip(headers.split(), meant, strict=True)}
    assert list(targets(guessed(**columns)).values()) == meant


def test_an_american_provider_register() -> None:
    place = "Provider Business Practice Location Address"
    columns = {
        "Provider Last Name (Legal Name)": ["SMITH", "JONES"],
        "Provider First Name": ["ANN", "LEE"],
        f"Provider First Line {place.removeprefix('Provider ')}": ["1 ELM ST", "2 OAK AVE"],
        f"{place} City Name": ["ELY", "AMES"],
        f"{place} State Name": ["IA", "MN"],
        f"{place} Postal Code": ["500101234", "55731"],
        "Provider Gender Code": ["F", "M"],
    }
    batch = pa.RecordBatch.from_pydict(
        {name: pa.array(cells, pa.string()) for name, cells in columns.items()}
    )
    assert list(targets(guess("List", batch, "US")).values()) == [
        "surname", "given_name", "address_line", "city", "state", "postcode", "sex",
    ]  # fmt: skip


def test_a_meaning_that_the_values_deny_is_none() -> None:
    found = guessed(name_first=["Ann", "Lee"], date_birth=["x", "y"], patient_zip=["north", "south"])
    assert targets(found)["date_birth"] == targets(found)["patient_zip"] == ""
