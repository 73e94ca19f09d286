"""The campaign's options: what may be done to a voter. They stand in options.toml, for people to change."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from commonweal.errors import CommonwealError, _


class OptionsMissing(CommonwealError):
    """A campaign without options can't be planned."""

    what = _("{path} is missing: a plan needs to know what may be done, and what it costs.")
    remedy = _("docs/plans.md shows one to begin with.")


class OptionsUnreadable(CommonwealError):
    """options.toml does not say what it should."""

    what = _("{path} can't be read: {reason}.")
    remedy = _("Correct it in an editor; docs/plans.md lists what may stand there.")


class UnknownOption(CommonwealError):
    """A code that is no option's."""

    what = _("There is no option {code!r}.")
    remedy = _("options.toml names these: {known}.")


Channel = Literal["door", "phone", "sms", "email", "post"]


class CampaignOption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message through one channel.

    unit_cost   minor units of the campaign's currency for one contact
    capacity    most contacts that can be made by it: pieces, visits, calls; 0 closes it, None: as many as one pays for
    per         who takes one contact: a person, or a household (one letter, one knock for all who live there)
    arm         what an experiment calls it; else its code
    default     False leaves it out unless it is asked for; `why_not` says why
    """

    code: str
    channel: Channel
    message: str
    unit_cost: int
    capacity: int | None = None
    per: Literal["person", "household"] = "person"
    arm: str = ""
    default: bool = True
    why_not: str = ""

    def __post_init__(self) -> None:
        if self.unit_cost < 1:
            raise ValueError(
                f"option {self.code!r} costs {self.unit_cost}: a contact costs at least one minor unit"
            )
        if self.capacity is not None and self.capacity < 0:
            raise ValueError(
                f"option {self.code!r} has a capacity of {self.capacity}: 0 closes it, more opens it"
            )
        if not self.code or not self.message:
            raise ValueError("an option needs a code and a message")

    @property
    def arm_name(self) -> str:
        """The arm of the experiment that tried this option."""
        return self.arm or self.code


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    option: tuple[CampaignOption, ...]

    def __post_init__(self) -> None:
        codes = [option.code for option in self.option]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"option {twice[0]!r} stands twice")
        if not codes:
            raise ValueError("it names no option")


def read_options(folder: Path) -> tuple[CampaignOption, ...]:
    """The options in options.toml of the campaign's folder. Raises OptionsMissing, OptionsUnreadable."""
    path = folder / "options.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File).option
    except FileNotFoundError:
        raise OptionsMissing(path=path) from None
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        raise OptionsUnreadable(path=path, reason=error) from error


def options_of(folder: Path, channel: str) -> list[CampaignOption]:
    """Those of one channel. Raises OptionsMissing, OptionsUnreadable."""
    return [option for option in read_options(folder) if option.channel == channel]


def allowed(
    options: tuple[CampaignOption, ...], allow: tuple[str, ...] = (), leave_out: tuple[str, ...] = ()
) -> tuple[CampaignOption, ...]:
    """The options that a plan may use: the default ones and those of `allow`, without those of `leave_out`.

    Raises UnknownOption for a code that stands nowhere.
    """
    codes = {option.code for option in options}
    for code in (*allow, *leave_out):
        if code not in codes:
            raise UnknownOption(code=code, known=", ".join(sorted(codes)))
    return tuple(
        option
        for option in options
        if (option.default or option.code in allow) and option.code not in leave_out
    )
