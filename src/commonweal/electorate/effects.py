"""What one contact does to one person, in the hidden truth.

Sizes follow the field experiments gathered by Green and Gerber, *Get Out the Vote* (4th ed., 2019): a talk at the
door moves turnout by some points, a volunteer's call by one or two, a letter by half a point, an e-mail hardly.
Here a contact means that the option was tried on the person: missed doors are part of the mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from commonweal.electorate.errors import UnknownOption
from commonweal.electorate.latent import MESSAGES, expit
from commonweal.electorate.model import Floats

CHANNELS = ("door", "phone", "sms", "email", "post")
CONTROL = "control"
OPTIONS = tuple(f"{channel}:{message}" for channel in CHANNELS for message in MESSAGES)
"""Codes of the options: channel, colon, message."""

_TURNOUT = {"door": 0.205, "phone": 0.095, "sms": 0.038, "email": 0.006, "post": 0.032}  # logit
_SUPPORT = {"door": 0.18, "phone": 0.09, "sms": 0.018, "email": 0.010, "post": 0.035}  # logit
_MOBILISES = {"housing": 0.85, "climate": 0.80, "local_services": 0.95, "vote_reminder": 1.30}


@dataclass(frozen=True, eq=False)
class Susceptibility:
    """What of a person decides how a contact works; one entry a person, as in `latent.Latent`."""

    turnout: Floats
    support: Floats
    responsive: Floats
    ear: Floats
    resonance: Floats


def shifts(person: Susceptibility, option: str) -> tuple[Floats, Floats]:
    """Change in the logit of turnout and in the logit of support that `option` brings to each person."""
    if option == CONTROL:
        return np.zeros_like(person.turnout), np.zeros_like(person.support)
    channel, message = _parts(option)
    ear = person.ear[:, CHANNELS.index(channel)]
    turnout = _TURNOUT[channel] * _MOBILISES[message] * person.responsive * ear
    support = _SUPPORT[channel] * person.resonance[:, MESSAGES.index(message)] * ear
    return np.asarray(turnout), np.asarray(support)


def gains(person: Susceptibility, option: str) -> tuple[Floats, Floats]:
    """Change in the probability of turning out and of supporting the list that `option` brings to each person."""
    turnout, support = shifts(person, option)
    return (
        expit(person.turnout + turnout) - expit(person.turnout),
        expit(person.support + support) - expit(person.support),
    )


def _parts(option: str) -> tuple[str, str]:
    if option not in OPTIONS:
        raise UnknownOption(option=option, known=", ".join((CONTROL, *OPTIONS)))
    channel, message = option.split(":")
    return channel, message
