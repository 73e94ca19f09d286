from __future__ import annotations

from commonweal import loop
from commonweal.campaign import Campaign
from commonweal.people import queries as people
from commonweal.privacy import actions
from commonweal.privacy.model import Kind
from commonweal.store.ledger import LedgerRole

from .held import persons


def test_what_a_person_gave_wins_over_every_list(held: Campaign) -> None:
    (nadia,) = persons(held, "nadia berger")
    with held.ledger.transaction(LedgerRole.OWNER) as connection:
        request = actions.open_request(connection, held, Kind.CORRECTION, held.today)
        actions.link(connection, held, request, nadia)
        for field, value in (
            ("surname", "Vidal"),
            ("birth_date", "1985-05-03"),
            ("phone", ""),
            ("surname", "Vidal-Roy"),
        ):
            actions.correct(connection, held, request, nadia, field, value)
    loop.resolve(held)
    assert persons(held, "nadia berger") == []
    assert persons(held, "vidal roy nadia") == [nadia]
    with held.ledger.read(LedgerRole.OWNER) as connection:
        person = people.person(connection, nadia)
    assert person.value("surname") == "Vidal-Roy"
    assert (person.value("birth_year"), person.value("phone")) == (1985, None)
    assert person.value("street") == "rue des Lilas"
    origins = {chosen.field: chosen.provenance for chosen in person.fields}
    assert origins["surname"] is None
    assert origins["street"]
    assert len(persons(held, "paul berger")) == 1
