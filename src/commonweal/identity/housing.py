"""Where persons live and what they share there, from their records. Ibis expressions, on DuckDB and on Spark alike."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from commonweal.identity.tables import door


def homes(records: ir.Table, links: ir.Table) -> ir.Table:
    """For each person where they live: person_id, address (door and town), unit. Persons with no door are absent.

    The address that most of the person's records give; among equals the one of the latest batch, then the first
    in the alphabet. A door whose list leaves out the town is in the town in which all others say that it is. A
    unit counts where some record of the person gives one at that address.
    """
    placed = records.select(
        "record_id",
        "batch_id",
        "unit",
        door=door(records),
        town=ibis.coalesce(records.postcode, records.city_key),
    ).filter(lambda row: row.door.notnull())
    told = placed.filter(placed.town.notnull())
    towns = told.group_by("door").aggregate(towns=told.town.nunique(), only_town=told.town.max())
    known = placed.left_join(towns.filter(towns.towns == 1), "door").select(
        *("record_id", "batch_id", "unit", "door"), town=ibis.coalesce(placed.town, ibis._.only_town)
    )
    whole = known.mutate(address=known.door + "|" + known.town.fill_null("")).join(links, "record_id")
    given = whole.group_by("person_id", "address").aggregate(
        times=whole.count(), latest=whole.batch_id.max(), unit=whole.unit.max()
    )
    order = [given.times.desc(), given.latest.desc(), given.address.asc()]
    ranked = given.mutate(rank=ibis.row_number().over(ibis.window(group_by="person_id", order_by=order)))
    return ranked.filter(ranked["rank"] == 0).select("person_id", "address", "unit")


def surnames(records: ir.Table, links: ir.Table) -> ir.Table:
    """All surnames that a person is or was known by: person_id, surname."""
    named = records.join(links, "record_id")
    now = named.select("person_id", surname="surname_key")
    at_birth = named.select("person_id", surname="birth_surname_key")
    return now.union(at_birth).filter(lambda name: name.surname.notnull()).distinct()


def households_by_list(records: ir.Table, links: ir.Table) -> ir.Table:
    """Households that lists name: person_id, household (the list's name and its key)."""
    keyed = records.filter(records.household_key.notnull()).join(links, "record_id")
    return keyed.select("person_id", household=keyed.source + "|" + keyed.household_key).distinct()


def households_by_surname(homes: ir.Table, surnames: ir.Table) -> ir.Table:
    """Households by same address and a surname in common: person_id, household (address, unit and surname).

    Where all who give a unit at an address under a surname give the same, those who give none live there too.
    """
    under = homes.join(surnames, "person_id")
    units = under.group_by("address", "surname").aggregate(units=under.unit.nunique(), only=under.unit.max())
    known = under.join(units, ["address", "surname"])
    unit = ibis.cases((known.units == 1, known.only), else_=known.unit).fill_null("")
    return known.select("person_id", household=known.address + "|" + unit + "|" + known.surname).distinct()


def households_by_phone(records: ir.Table, links: ir.Table, homes: ir.Table) -> ir.Table:
    """Households by a shared telephone: person_id, household (the number).

    Only where nothing says that they live apart: who shares a number and is known at two addresses, or in two flats
    of one, is no household.
    """
    calls = (
        records.filter(records.phone.notnull())
        .join(links, "record_id")
        .select("person_id", "phone")
        .distinct()
    )
    placed = calls.left_join(homes, "person_id").select("person_id", "phone", "address", "unit")
    told = placed.group_by("phone").aggregate(addresses=placed.address.nunique(), units=placed.unit.nunique())
    together = placed.join(told.filter(told.addresses <= 1, told.units <= 1), "phone")
    return together.select("person_id", household="phone").distinct()


def households_by_flat(homes: ir.Table) -> ir.Table:
    """Households by same flat, whatever the surnames: person_id, household (address and unit)."""
    flats = homes.filter(homes.unit.notnull())
    return flats.select("person_id", household=flats.address + "|" + flats.unit)
