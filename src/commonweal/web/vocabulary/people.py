"""Words of people: what is known of them, which value wins, what the scores say."""

from __future__ import annotations

from commonweal.errors import _

FIELD = {
    "title": _("Title"),
    "given_name": _("Given name"),
    "middle_name": _("Middle name"),
    "surname": _("Surname"),
    "birth_surname": _("Surname at birth"),
    "name_suffix": _("Suffix of the name"),
    "full_name": _("Whole name"),
    "given_names": _("Given names"),
    "sex": _("Sex"),
    "age": _("Age"),
    "birth_date": _("Date of birth"),
    "birth_year": _("Year of birth"),
    "house_number": _("House number"),
    "street": _("Street"),
    "unit": _("Flat"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "state": _("State or region"),
    "country": _("Country"),
    "address_line": _("Whole address"),
    "area_code": _("Area"),
    "latitude": _("Latitude"),
    "longitude": _("Longitude"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "registration_number": _("Number on the roll"),
    "household_key": _("Household, as the list says"),
    "consent_door": _("May be visited"),
    "consent_phone": _("May be called"),
    "consent_sms": _("May get text messages"),
    "consent_email": _("May get e-mails"),
    "consent_post": _("May get letters"),
    "tags": _("Tags"),
    "": _("not used"),
}

PREFIXED_FIELD = {
    "vote": _("Voted: {name}"),
    "arm": _("Arm of the experiment {name}"),
    "before": _("Asked before: {name}"),
    "outcome": _("Outcome: {name}"),
}

RULE = {
    "official_first": _("the roll before other lists"),
    "own_word_first": _("what they gave themselves"),
    "newest_first": _("the newest"),
    "strictest": _("a no before a yes"),
}

SCORE = {
    "turnout": _("Will vote"),
    "support": _("Is for us"),
}

SCORE_WORDS = {
    "turnout": (
        (20, _("Almost surely stays at home.")),
        (40, _("Rather stays at home.")),
        (60, _("About even: we do not know whether they will vote.")),
        (80, _("Rather votes.")),
        (101, _("Almost surely votes.")),
    ),
    "support": (
        (20, _("Almost surely for somebody else.")),
        (40, _("Rather for somebody else.")),
        (60, _("About even: we do not know. It does not mean undecided.")),
        (80, _("Rather for us.")),
        (101, _("Almost surely for us.")),
    ),
}

GROUP = {
    "under 25": _("under 25"),
    "25-34": _("25 to 34"),
    "35-49": _("35 to 49"),
    "50-64": _("50 to 64"),
    "65-79": _("65 to 79"),
    "80 and over": _("80 and over"),
    "f": _("Women"),
    "m": _("Men"),
    "x": _("Another sex"),
}
