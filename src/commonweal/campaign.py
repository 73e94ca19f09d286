"""A campaign: its settings, its clock, its two stores. The one object that is passed around.

A campaign is a folder::

    campaign.toml     name, mode, jurisdiction, rounds, …
    sources/*.toml    one mapping for each list
    lake/             what is read in or computed
    ledger/           what people decide and do
"""

from __future__ import annotations

import getpass
import re
import secrets
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import numpy as np
import tomlkit
from babel.core import get_global
from babel.numbers import get_currency_precision

from commonweal.errors import CommonwealError, Phrase, _
from commonweal.store import ids
from commonweal.store.address import has_password
from commonweal.store.bridge import Bridge
from commonweal.store.engine import ENGINES
from commonweal.store.lake import Lake
from commonweal.store.ledger import Ledger, LedgerRole
from commonweal.store.notices import Teller
from commonweal.store.settings import kept

Clock = Callable[[], datetime]
LANGUAGES = {"en": "English", "fr": "Français"}
CURRENCIES = tuple(
    sorted(
        {
            code
            for used in get_global("territory_currencies").values()
            for code, _begun, ended, tender in used
            if tender and not ended
        }
    )
)
"""ISO 4217 codes of what is legal tender somewhere today (Unicode CLDR)."""
_SECRET = re.compile(r"(^|_)(key|password|passwd|secret|token)$", re.IGNORECASE)


class NoCampaign(CommonwealError):
    """The folder holds no campaign."""

    what = _("There is no campaign in {folder}: campaign.toml is missing.")
    remedy = _("Go to the campaign's folder, or make one: commonweal init {folder}")


class CampaignExists(CommonwealError):
    """`init` met a folder that is a campaign already."""

    what = _("{folder} is a campaign already.")
    remedy = _("Choose another folder, or go on with this one: commonweal status")


class SettingsUnreadable(CommonwealError):
    """campaign.toml does not say what it should."""

    what = _("{path} can't be read: {reason}.")
    remedy = _("Correct it in an editor; docs/campaign.md lists what may stand there.")


class SecretInSettings(CommonwealError):
    """campaign.toml holds a password or a key: that file is copied, mailed and kept in version control."""

    what = _("{path} holds a secret in {setting!r}.")
    remedy = _("Take it out there and change it; put the new one where {place}.")


class NotWritable(CommonwealError):
    """The folder can't be written."""

    what = _("{folder} can't be written: {reason}.")
    remedy = _("Choose a folder that you own, or ask for the right to write there.")


class Mode(StrEnum):
    """A live campaign contacts people; a study looks back at one that is over."""

    LIVE = "live"
    STUDY = "study"


class Round(msgspec.Struct, frozen=True):
    """One day of voting."""

    date: date


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What campaign.toml says."""

    name: str
    mode: Mode = Mode.LIVE
    jurisdiction: str = "none"
    timezone: str = "UTC"
    rounds: tuple[Round, ...] = ()
    locale: str = "en"
    currency: str = "EUR"
    engine: str = "duckdb"
    ledger: str = "embedded"
    lake: str = "lake"
    sources_rank: dict[str, tuple[str, ...]] = {}

    def __post_init__(self) -> None:
        if self.timezone not in zoneinfo.available_timezones():
            raise ValueError(f"{self.timezone!r} is no IANA time zone (Europe/Paris is one)")
        if self.locale not in LANGUAGES:
            raise ValueError(f"locale {self.locale!r} is not one of {', '.join(LANGUAGES)}")
        if self.currency not in CURRENCIES:
            raise ValueError(f"currency {self.currency!r} is not one of {', '.join(CURRENCIES)}")
        if self.engine not in ENGINES:
            raise ValueError(f"engine {self.engine!r} is not one of {', '.join(ENGINES)}")
        if not self.name.strip():
            raise ValueError("name is empty")

    @property
    def minor_units(self) -> int:
        """How many of its smallest units make one of the campaign's currency: 100 cents a euro, 1 yen a yen."""
        return int(10 ** get_currency_precision(self.currency))

    @property
    def region(self) -> str:
        """ISO 3166 country whose phone numbers and addresses are meant when a list names none."""
        return {"us": "US", "fr": "FR"}.get(self.jurisdiction, "US" if self.currency == "USD" else "FR")


def utc_now() -> datetime:
    """The only place that reads the machine's clock."""
    return datetime.now(UTC)


class IdMaker:
    """Hands out opaque ids, in blocks taken from the ledger: a gap is harmless, a repetition impossible."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @cached_property
    def _key(self) -> bytes:
        return bytes.fromhex(kept(self._ledger, "id_key", secrets.token_hex(32)))

    def take(self, kind: str, count: int) -> ids.Ids:
        """`count` new ids of a kind ("person", "record", …), never given before."""
        with self._ledger.transaction(LedgerRole.OWNER) as connection:
            row = connection.execute(
                "INSERT INTO store.sequence AS s (kind, next) VALUES (%(kind)s, %(count)s)"
                " ON CONFLICT (kind) DO UPDATE SET next = s.next + %(count)s RETURNING next",
                {"kind": kind, "count": count},
            ).fetchone()
        assert row is not None
        end: int = row[0]
        return ids.permute(np.arange(end - count, end, dtype=np.int64), self._key, kind)

    def age(self, kind: str, opaque: ids.Ids) -> ids.Ids:
        """The number that each id was made from: the smaller, the older."""
        return ids.sequence_of(opaque, self._key, kind)


class Campaign:
    """An open campaign. Use it as a context manager, or call `close`."""

    def __init__(self, folder: Path, settings: Settings, ledger: Ledger, clock: Clock, actor: str) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = clock
        self.actor = actor
        self.ledger = ledger
        ledger.clock = clock
        self.lake = Lake(folder / settings.lake, ledger, clock, settings.engine)
        self.bridge = Bridge(ledger)
        self.ids = IdMaker(ledger)
        self.teller = Teller(ledger)

    @classmethod
    def create(cls, folder: Path, settings: Settings) -> None:
        """Write campaign.toml and the empty folders. Raises CampaignExists, NotWritable."""
        if (folder / "campaign.toml").exists():
            raise CampaignExists(folder=folder)
        try:
            (folder / "sources").mkdir(parents=True, exist_ok=True)
            (folder / settings.lake).mkdir(exist_ok=True)
            temporary = folder / ".campaign.toml.new"
            temporary.write_text(_as_toml(settings), encoding="utf-8")
            temporary.rename(folder / "campaign.toml")
        except OSError as error:
            raise NotWritable(folder=folder, reason=error.strerror) from error

    @classmethod
    def open(
        cls, folder: Path, *, clock: Clock = utc_now, actor: str | None = None, durable: bool = True
    ) -> Self:
        """Open the campaign in `folder`. Raises NoCampaign, SettingsUnreadable, and what `Ledger.open` raises.

        `durable=False` lets PostgreSQL skip fsync: for tests only.
        """
        folder = folder.resolve()
        settings = read_settings(folder)
        ledger = Ledger.open(folder, settings.ledger, durable=durable)
        return cls(folder, settings, ledger, clock, actor or f"cli:{getpass.getuser()}")

    @property
    def last_round(self) -> date | None:
        """The last day of voting, or None while none is set."""
        return max((r.date for r in self.settings.rounds), default=None)

    @property
    def next_round(self) -> date | None:
        """The next day of voting, today's too; the last one where all are past, None where none is set."""
        return min((r.date for r in self.settings.rounds if r.date >= self.today), default=self.last_round)

    @property
    def today(self) -> date:
        """The day in the campaign's time zone."""
        return self.clock().astimezone(zoneinfo.ZoneInfo(self.settings.timezone)).date()

    @property
    def is_over(self) -> bool:
        """In a live campaign: is the last round past? Then nobody may be contacted."""
        over = self.last_round is not None and self.last_round < self.today
        return self.settings.mode is Mode.LIVE and over

    def close(self) -> None:
        """Let go of both stores."""
        self.teller.close()
        self.lake.close()
        self.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_settings(folder: Path) -> Settings:
    """The settings of the campaign in `folder`. Raises NoCampaign, SettingsUnreadable."""
    path = folder / "campaign.toml"
    try:
        text = path.read_bytes()
        refuse_secrets(path, msgspec.toml.decode(text))
        return msgspec.toml.decode(text, type=Settings)
    except FileNotFoundError:
        raise NoCampaign(folder=folder) from None
    except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
        raise SettingsUnreadable(path=path, reason=error) from error


def refuse_secrets(path: Path, settings: Mapping[str, object]) -> None:
    """Raises SecretInSettings when a setting, at any depth, is named as a secret or is a ledger's URL with a password."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            refuse_secrets(path, value)
        elif _SECRET.search(name):
            place = Phrase(
                _("only the program reads it: an environment variable, or a file outside of the campaign")
            )
            raise SecretInSettings(path=path, setting=name, place=place)
        elif name == "ledger" and isinstance(value, str) and has_password(value):
            place = Phrase(
                _(
                    "PostgreSQL looks for it: the environment variable COMMONWEAL_LEDGER_PASSWORD, or ~/.pgpass"
                )
            )
            raise SecretInSettings(path=path, setting=name, place=place)


def _as_toml(settings: Settings) -> str:
    document = tomlkit.document()
    document.add(tomlkit.comment("A Commonweal campaign; docs/campaign.md explains each line."))
    for key, value in msgspec.to_builtins(settings, builtin_types=(date,)).items():
        if key not in {"rounds", "sources_rank"}:
            document.add(key, value)
    rounds = tomlkit.aot()
    for each in settings.rounds:
        rounds.append(tomlkit.item({"date": each.date}))
    if settings.rounds:
        document.add("rounds", rounds)
    if settings.sources_rank:
        document.add("sources_rank", tomlkit.item(msgspec.to_builtins(settings.sources_rank)))
    return tomlkit.dumps(document)
