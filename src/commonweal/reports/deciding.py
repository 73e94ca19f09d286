"""Scores, plans, and what a plan was worth where one can look back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from commonweal.experiments import exploration
from commonweal.experiments.model import Estimate, MetricReport
from commonweal.planning.terms import DAYS
from commonweal.planning.totals import Kind, LimitTotal, MadePlan, PlanReport
from commonweal.scoring.model import ScoreReport
from commonweal.terminal import OUT, show_table
from commonweal.web import words
from commonweal.web.language import Language

if TYPE_CHECKING:
    from commonweal.contacts.lists import Exported
    from commonweal.study import Judged, StudyReport


_ENGLISH = Language("en", "UTC", "EUR")
_BROKEN = 0.001  # p of arms that differ so much from their designed sizes
_MANY_DAYS = 21
_AREAS = 10  # of which the hours are told: those where one more would gain most


def show_score(report: ScoreReport) -> None:
    """One line a model: how well it tells voters apart, and how far its percentages can be trusted."""
    rows = [
        (
            model.kind.value,
            model.outcome,
            model.learnt_from,
            model.auc,
            model.calibration_error,
            model.half_width,
        )
        for model in report.models
    ]
    columns = ("model", "learnt from", "persons", "AUC", "calibration error", "± points (median)")
    show_table("Models", columns, rows)
    for each in report.skipped:
        OUT.print(f"[yellow]No {each.kind.value} model:[/] {each.reason}")
    told = (
        f"; effects of {len(report.options)} options from “{report.experiment}”" if report.experiment else ""
    )
    OUT.print(f"{report.scored:,} of {report.persons:,} persons scored{told}.")


def show_plan(report: PlanReport) -> None:
    """What a plan does, by option, and whom it leaves out."""
    plan = report.plan
    OUT.print(f"[bold]Plan {plan.plan_id}[/] “{plan.name}”: {plan_line(plan)}")
    columns = ("option", "could have it", "at most", "contacts", "cost", "votes gained")
    rows = [
        (o.option, o.eligible, o.capacity, o.contacts, _money(o.cost, plan.currency), o.votes)
        for o in report.options
    ]
    show_table("By option", columns, rows)
    _show_limits(report)
    _show_days(report)
    left = [(words.word("plan_reason", each.reason, str), each.persons) for each in report.left_out]
    show_table("Left out", ("why", "persons"), left)
    if plan.status == "draft":
        OUT.print("It is a draft: a director approves it on the pages, or: commonweal plan … --approve")


def _show_limits(report: PlanReport) -> None:
    """How each limit is used, what more of it would gain, and how good the plan is."""
    plan = report.plan
    rows = [_limit_row(each, plan.currency) for each in report.limits if each.kind is not Kind.RULE]
    rows += [
        (
            f"doors of {each.area_code or 'no area'}, hours",
            each.used,
            each.available,
            None,
            _extra(each.price, "1"),
        )
        for each in report.hours[:_AREAS]
        if each.price
    ]
    show_table("Limits", ("limit", "used", "at most", "at least", "votes that more would gain"), rows)
    OUT.print(
        f"No plan within these limits gains more than {plan.bound:,.1f} votes by these estimates, {plan.gap:,.1f} above this"
        f" one. The estimates themselves: {plan.votes_low:,.0f} to {plan.votes_high:,.0f} votes."
    )
    if plan.compared:
        gained = plan.compared
        OUT.print(
            f"Compared with plan {plan.basis}: {gained.value:+,.1f} votes (95%: {gained.low:+,.1f} to {gained.high:+,.1f})."
        )
    if plan.explored:
        OUT.print(
            f"For {plan.explored:,} persons the contact is drawn, to learn from: that forgoes about {plan.forgone:,.1f} votes."
        )


def _show_days(report: PlanReport) -> None:
    """What is done when, by channel: by day, or by week where the plan is long."""
    plan = report.plan
    if plan.closed:
        OUT.print(
            f"Not in this plan: {', '.join(plan.closed)}. No day is left for that from {plan.first_day} to {plan.last_day},"
            " by plan.toml or by law."
        )
    done = [each for each in report.days if each.contacts]
    if not done:
        return
    weekly = len({each.day for each in done}) > _MANY_DAYS
    channels = sorted({each.channel for each in done})
    found: dict[date, Counter[str]] = {}
    for each in done:
        begins = each.day - timedelta(days=each.day.weekday() if weekly else 0)
        found.setdefault(begins, Counter())[each.channel] += each.contacts
    rows = [
        (_ENGLISH.short_day(day), *(count[channel] or None for channel in channels))
        for day, count in found.items()
    ]
    show_table("By week" if weekly else "By day", ("week of" if weekly else "day", *channels), rows)


def _limit_row(each: LimitTotal, currency: str) -> tuple[object, ...]:
    if each.kind is Kind.MONEY:
        step = 100 * Language("en", "UTC", currency).minor_units
        used, most = _money(round(each.used), currency), _money(round(each.at_most or 0), currency)
        return "money", used, most, None, _extra(each.price * step, _money(step, currency))
    if each.unit == "share":
        ends = (
            None if end is None else f"{end:.1%}" for end in (each.used, each.at_most, each.at_least or None)
        )
        return f"{each.name}, of the contacts", *ends, _extra(each.price / 100, "one point")
    low = each.at_least or None
    name = f"{each.name.removeprefix(DAYS)}, a day" if each.kind is Kind.DAYS else f"{each.name}, {each.unit}"
    return name, each.used, each.at_most, low, _extra(each.price * each.step, str(each.step))


def _extra(votes: float, step: str) -> str:
    if not votes:
        return ""
    return f"{votes:,.2f} for {step} more" if votes > 0 else f"{-votes:,.2f} for {step} fewer asked"


def plan_line(plan: MadePlan) -> str:
    """A plan in one line."""
    gain = f"{plan.votes:,.0f} votes gained (95%: {plan.votes_low:,.0f} to {plan.votes_high:,.0f})"
    if plan.goal == "turnout":
        gain = gain.replace("votes gained", "more voters")
    spent = f"{_money(plan.spent, plan.currency)} of {_money(plan.budget, plan.currency)}"
    return f"{plan.contacts:,} contacts to {plan.reached:,} persons for {spent}: {gain}"


def _money(minor: int, currency: str) -> str:
    return _ENGLISH.money(minor, currency)


def show_lists(lists: Sequence[Exported], *, ahead: bool = False) -> None:
    """The lists that were written, up to which day, and who was left out. ahead: whether a day was given."""
    written = [each for each in lists if each.path]
    heads: tuple[str, ...] = ("channel", "rows", "claimed", "refused")
    rows: list[tuple[object, ...]] = [
        (e.channel.value, e.rows, e.report.claimed, e.report.refused) for e in written
    ]
    if any(each.report.until for each in lists):
        heads += ("up to", "in hand or reached")
        rows = [(*row, each.report.until, each.report.taken) for row, each in zip(rows, written, strict=True)]
    if written:
        show_table("Lists written", heads, rows)
    for each in written:
        OUT.print(str(each.path), soft_wrap=True, highlight=False, markup=False)
    nothing = [each for each in lists if not each.path]
    if nothing:
        told = ", ".join(f"{each.channel.value} up to {each.report.until}" for each in nothing)
        OUT.print(f"Nothing is left to take: {told}." + ("" if ahead else " Days ahead: --until."))
    reasons = [
        (each.channel.value, stop.code, stop.persons) for each in lists for stop in each.report.stopped
    ]
    if reasons:
        show_table("Refused", ("channel", "rule", "persons"), reasons)


def show_experiment(found: Sequence[MetricReport]) -> None:
    """Each metric: what came of the arms, in points of a hundred, with 95% intervals."""
    for report in found:
        rows = [
            (
                arm.arm,
                arm.units,
                arm.clusters,
                100 * arm.mean.value,
                *map(_points, (arm.effect, arm.adjusted_effect)),
            )
            for arm in report.analysis.arms
        ]
        held = ", ".join(report.covariates) or "nothing"
        show_table(
            f"{report.experiment}: {report.metric}, in points of a hundred (95%)",
            ("arm", "persons", "households", "mean", "effect", f"adjusted for {held}"),
            rows,
            note=f"{report.missing:,} persons without an outcome. Errors are clustered by household.{_left_out(report)}",
        )
        if report.ratio and report.ratio.p_value < _BROKEN:
            OUT.print(
                "[yellow]The arms don't have their designed sizes:[/] something is broken; don't read the effects."
            )


def _left_out(report: MetricReport) -> str:
    if report.experiment != exploration.NAME:
        return ""
    return f" Options with fewer than {exploration.FEW} households are left out."


def _points(effect: Estimate | None) -> str:
    if effect is None:
        return ""
    return f"{100 * effect.value:+.2f} ({100 * effect.low:+.2f} to {100 * effect.high:+.2f})"


_HABITS = {
    "random": "random households",
    "largest": "largest households first",
    "likeliest": "likeliest voters first",
}


def show_study(report: StudyReport) -> None:
    """What the plan was worth where nothing was learnt, beside the habits; and what was left out."""
    money = _money(report.budget, report.currency)
    OUT.print(
        f"[bold]{report.persons:,}[/] voters in {report.households:,} households. Learnt from half of them; the other"
        f" half ({report.planned_households:,} households) planned for {money}."
    )
    chosen = ", ".join(f"{count:,} {code}" for code, count in report.options.items() if count)
    OUT.print(f"The plan: {report.pieces:,} pieces for {_money(report.spent, report.currency)} ({chosen}).")
    OUT.print(
        f"Beside it, for the same money: the best single mailing ({report.habits[0].option}), to whom habit sends it."
    )
    show_table(
        "Votes gained per 1,000 pieces in the half that was not learnt from (95%)",
        ("choice", "main split", "all splits", "plan is ahead by", "ahead in"),
        [_judged_row(each) for each in (report.plan, *report.habits)],
        note="Inverse-propensity weighting, clustered by household. All splits: mean ± deviation; they share households.",
    )
    for each in report.habits:
        if not each.beaten_by_plan:
            OUT.print(
                f"[yellow]The plan does not clearly beat[/] the best single mailing to {_HABITS[each.name]}."
            )
    for code, why in report.left_out.items():
        OUT.print(f"Left out: {code}. {why}")
    if report.cost_of_leaving_out:
        cost = report.cost_of_leaving_out
        OUT.print(
            f"That costs {cost.value:.1f} votes per 1,000 pieces (95%: {cost.low:.1f} to {cost.high:.1f})."
            " Allow it: --with OPTION"
        )
    OUT.print(f"Mailing list, one piece a household: {report.mailing_list}")


def _judged_row(each: Judged) -> tuple[str, ...]:
    main = f"{each.per_thousand.value:.0f} ({each.per_thousand.low:.0f} to {each.per_thousand.high:.0f})"
    spread = f"{each.spread_mean:.0f} ± {each.spread_deviation:.0f}"
    if each.ahead is None:
        return ("the plan", main, spread, "", "")
    ahead = f"{each.ahead.value:.0f} ({each.ahead.low:.0f} to {each.ahead.high:.0f})"
    return (_HABITS[each.name], main, spread, ahead, f"{each.plan_ahead_in} of {each.splits}")
