"""A randomised campaign looked back at: its lists loaded, half learnt from, the other half planned and judged.

The folder is a campaign in mode `study` with two files more: data/ holds the lists, study.toml tells the design.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from commonweal.campaign import Campaign, Mode
from commonweal.errors import CommonwealError, _
from commonweal.experiments.model import Estimate
from commonweal.identity.actions import resolve
from commonweal.intake import actions as intake
from commonweal.jobs.model import Progress, silent
from commonweal.people import actions as people
from commonweal.planning import rules
from commonweal.planning.evaluation import Worth
from commonweal.planning.model import NONE
from commonweal.planning.options import CampaignOption, allowed, read_options
from commonweal.planning.posing import as_options
from commonweal.planning.study import LookBack, Study, look_back

_ADULT, _LARGEST = 18, 5


class NoStudy(CommonwealError):
    """The folder holds no study."""

    what = _("{folder} is no study: {reason}.")
    remedy = _("docs/studies.md tells what a study's folder holds.")


class NothingToStudy(CommonwealError):
    """The lists tell nobody's arm or outcome."""

    what = _("No list in {folder} gives both arm:{experiment} and outcome:{outcome}.")
    remedy = _("Map the columns that hold them in sources/, and run this again.")


class Design(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What study.toml says."""

    experiment: str
    outcome: str
    control: str
    day: date
    salt: str
    shares: dict[str, float]


@dataclass(frozen=True)
class Judged:
    """What one way of choosing was worth on the held-out half. All gains in the study's outcome (votes)."""

    name: str
    option: str
    pieces: int
    per_thousand: Estimate
    gained: Estimate
    ahead: Estimate | None
    beaten_by_plan: bool | None
    spread_mean: float
    spread_deviation: float
    plan_ahead_in: int | None
    splits: int


@dataclass(frozen=True)
class StudyReport:
    """What the plan was worth, beside three habits of the trade; money in minor units."""

    persons: int
    households: int
    planned_households: int
    budget: int
    currency: str
    spent: int
    pieces: int
    predicted: Estimate
    options: dict[str, int]
    left_out: dict[str, str]
    plan: Judged
    habits: tuple[Judged, ...]
    cost_of_leaving_out: Estimate | None
    mailing_list: Path


def run(
    campaign: Campaign,
    budget: float,
    *,
    allow: tuple[str, ...] = (),
    leave_out: tuple[str, ...] = (),
    salts: int = 20,
    progress: Progress = silent,
) -> StudyReport:
    """Load, resolve, learn, plan, judge; write the mailing list to out/mailing-list.csv.

    Raises NoStudy, BudgetTooSmall, UnknownOption, NothingToStudy, and what the stages raise.
    """
    money = rules.money(campaign.settings, budget)
    design = _read_design(campaign)
    options = read_options(campaign.folder)
    usable = allowed(options, allow, leave_out)
    _load(campaign, progress)
    progress(0, None, "reading the study")
    rows = campaign.lake.read(_rows(campaign, design))
    known = rows.filter(pa.compute.is_valid(rows["arm"]))
    if not known.num_rows:
        raise NothingToStudy(folder=campaign.folder, experiment=design.experiment, outcome=design.outcome)
    study = _study(known, design, options)
    found = look_back(study, money, [option.code for option in usable], design.salt, salts, progress)
    path = campaign.folder / "out" / "mailing-list.csv"
    _write_mailing_list(path, known, study, found)
    return _report(campaign, study, found, money, options, usable, path)


def _read_design(campaign: Campaign) -> Design:
    if campaign.settings.mode is not Mode.STUDY:
        raise NoStudy(folder=campaign.folder, reason='its mode is not "study"')
    path = campaign.folder / "study.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Design)
    except (msgspec.MsgspecError, OSError) as error:
        raise NoStudy(folder=campaign.folder, reason=f"study.toml: {error}") from error


def _load(campaign: Campaign, progress: Progress) -> None:
    """Every list in data/ that sources/ has a mapping for; what is loaded already stays."""
    for path in sorted((campaign.folder / "data").iterdir()):
        source = path.name.partition(".")[0]
        if (campaign.folder / "sources" / f"{source}.toml").exists():
            intake.import_file(campaign, path, source=source, progress=progress)
    resolve(campaign, progress=progress)
    people.build(campaign, progress=progress)


def _rows(campaign: Campaign, design: Design) -> ir.Table:
    """One row a person in the order of the list, so that every machine learns from the same rows in the same order."""
    lake = campaign.lake
    attribute, record = lake.table("people.attribute"), lake.table("intake.record")
    places = (
        record.join(lake.table("identity.link"), "record_id")
        .group_by("person_id")
        .agg(line=record.line.min())
    )
    arm = _attribute(attribute, f"arm:{design.experiment}", "text", "arm")
    outcome = _attribute(attribute, f"outcome:{design.outcome}", "number", "outcome")
    profile = lake.table("people.profile").select("person_id", "household_key", "sex", "birth_year")
    votes = lake.table("people.vote")
    past = votes.group_by("person_id").agg(
        **{
            f"vote:{name}": votes.voted.cast("int8").max(where=votes.election == name)
            for name in _elections(lake, votes)
        }
    )
    joined = profile.join(places, "person_id").join(arm, "person_id").join(outcome, "person_id")
    return joined.left_join(past, "person_id").drop("person_id_right").order_by(ibis.asc("line"))


def _elections(lake: object, votes: ir.Table) -> list[str]:
    names: list[str] = (
        votes.select("election").distinct().order_by("election").to_pyarrow()["election"].to_pylist()
    )
    return names


def _attribute(attribute: ir.Table, name: str, value: str, called: str) -> ir.Table:
    return attribute.filter(attribute.name == name).select("person_id", **{called: attribute[value]})


def _study(rows: pa.Table, design: Design, options: tuple[CampaignOption, ...]) -> Study:
    arms = [design.control, *(option.arm_name for option in options)]
    missing = sorted(set(rows["arm"].unique().to_pylist()) - set(arms) | set(arms) - set(design.shares))
    if missing:
        raise NoStudy(folder="study.toml", reason=f"arms without an option or a share: {', '.join(missing)}")
    arm = np.searchsorted(np.sort(arms), rows["arm"].to_pylist())
    _keys, household = np.unique(
        np.asarray(rows["household_key"].to_pylist(), dtype=object).astype(str), return_inverse=True
    )
    total = sum(design.shares.values())
    traits = _traits(rows, design.day, household)
    return Study(
        household=household.astype(np.int64),
        arm=np.argsort(arms)[arm].astype(np.int64),
        outcome=rows["outcome"].to_numpy(),
        features=traits.features,
        moderators=traits.moderators,
        options=as_options(options),
        shares=tuple(design.shares[name] / total for name in arms),
    )


@dataclass(frozen=True, eq=False)
class _Traits:
    """features (n, f) for the chance of voting; moderators (n, p) for what an effect may depend on besides."""

    features: npt.NDArray[np.float32]
    moderators: npt.NDArray[np.float64]


def _traits(rows: pa.Table, day: date, household: npt.NDArray[np.intp]) -> _Traits:
    size = np.bincount(household)[household].astype(np.float64)
    female = np.array([sex == "f" for sex in rows["sex"].to_pylist()], np.float64)
    born = rows["birth_year"].to_numpy(zero_copy_only=False).astype(np.float64)
    age = np.maximum(day.year - born, _ADULT)
    age = np.where(np.isfinite(age), age, np.nanmean(age))
    votes = [
        rows[name].to_numpy(zero_copy_only=False).astype(np.float64)
        for name in rows.column_names
        if name.startswith("vote:")
    ]
    together = [_household_mean(values, household) for values in (*votes, age)]
    features = np.column_stack([female, age, *votes, size, *together]).astype(np.float32)
    return _Traits(features, np.column_stack([np.log(np.minimum(size, _LARGEST)), age, age**2, female]))


def _household_mean(
    values: npt.NDArray[np.float64], household: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    known = np.isfinite(values)
    total = np.bincount(household, np.where(known, values, 0.0))
    count = np.bincount(household, known)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)[household]


def _write_mailing_list(path: Path, rows: pa.Table, study: Study, found: LookBack) -> None:
    """One piece a household: its key, how many live there, and which mailing it gets."""
    main = found.main
    key = dict(zip(study.household.tolist(), rows["household_key"].to_pylist(), strict=True))
    members = np.bincount(study.household)
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("household", "members", "mailing", "expected_votes"))
        for unit in np.flatnonzero(main.choice != NONE):
            home, mailing = int(main.household[unit]), main.options[main.choice[unit]].code
            writer.writerow((key[home], int(members[home]), mailing, f"{main.gain[unit]:.4f}"))
    draft.rename(path)


def _report(
    campaign: Campaign,
    study: Study,
    found: LookBack,
    budget: int,
    options: tuple[CampaignOption, ...],
    usable: tuple[CampaignOption, ...],
    path: Path,
) -> StudyReport:
    main = found.main
    splits = len(found.worth[0].values)

    def judged(position: int, worth: Worth, option: str) -> Judged:
        spread = found.worth[position]
        comparison = main.comparisons[position - 1] if position else None
        return Judged(
            name=worth.name,
            option=option,
            pieces=round(worth.pieces),
            per_thousand=worth.per_thousand,
            gained=worth.votes,
            ahead=comparison.difference if comparison else None,
            beaten_by_plan=comparison.beats if comparison else None,
            spread_mean=spread.mean,
            spread_deviation=spread.deviation,
            plan_ahead_in=found.ahead[position - 1].above_zero if position else None,
            splits=splits,
        )

    return StudyReport(
        persons=len(study.household),
        households=len(np.unique(study.household)),
        planned_households=len(main.household),
        budget=budget,
        currency=campaign.settings.currency,
        spent=round(main.plan.uses[0].used),
        pieces=len(main.plan.person),
        predicted=main.predicted,
        options={option.code: int((main.choice == place).sum()) for place, option in enumerate(main.options)},
        left_out={option.code: option.why_not for option in options if option not in usable},
        plan=judged(0, main.plan_worth, ""),
        habits=tuple(judged(i + 1, habit, main.best.code) for i, habit in enumerate(main.habits)),
        cost_of_leaving_out=main.cost_of_leaving_out,
        mailing_list=path,
    )
