import numpy as np

from commonweal.electorate import Electorate
from commonweal.electorate.people import populate
from commonweal.electorate.places import toulouse
from commonweal.electorate.streets import street_names


def test_street_names_are_mostly_different_and_mostly_streets() -> None:
    names = street_names(1).reshape(265, 40)
    first = names[:, :30].ravel()
    assert len(set(first)) == len(first)
    assert all(len(set(of_place)) == 40 for of_place in names)
    kinds = [name.split(" ")[0] for name in names[:, :3].ravel()]
    assert 0.4 < kinds.count("Rue") / len(kinds) < 0.6
    assert set(kinds) > {"Avenue", "Chemin", "Impasse"}
    assert (street_names(2) != street_names(1)).any()


def test_a_street_of_the_roll_lies_in_one_polling_place() -> None:
    block = next(iter(Electorate(60_000).blocks()))
    people = populate(block)
    where: dict[str, set[int]] = {}
    for street, place in zip(people.registered_home.street, people.place.tolist(), strict=True):
        where.setdefault(street, set()).add(place)
    assert all(len(places) == 1 for places in where.values())


def test_people_of_one_building_share_number_and_point() -> None:
    people = populate(next(iter(Electorate(30_000).blocks())))
    order = np.argsort(people.building, kind="stable")
    same = np.diff(people.building[order]) == 0
    assert (
        people.registered_home.number[order][1:][same] == people.registered_home.number[order][:-1][same]
    ).all()
    assert (people.point[order][1:][same] == people.point[order][:-1][same]).all()


def test_those_who_moved_live_elsewhere() -> None:
    people = populate(next(iter(Electorate(60_000).blocks())))
    assert 0.05 < people.moved.mean() < 0.2
    here = people.home.street == people.registered_home.street
    assert here[~people.moved].all()
    assert here[people.moved].mean() < 0.02
    away = people.home.town[people.moved] != "Toulouse"
    assert 0.15 < away.mean() < 0.35
    assert set(people.registered_home.postcode) <= set(toulouse().postcodes)
