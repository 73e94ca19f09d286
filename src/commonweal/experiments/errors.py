"""What can go wrong when an experiment is drawn or analysed. None of it passes by waiting."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class BadShares(CommonwealError):
    """Shares that are no design: not one for each arm, below zero, or not adding up to one."""

    what = _("The arms {arms} can't be drawn with the shares {shares}.")
    remedy = _("Give one share for each of at least two arms, none of them 0 or less, that add up to 1.")


class BadShare(CommonwealError):
    """A share of a split outside 0 to 1."""

    what = _("A part of {share} can't be split off.")
    remedy = _("Give a share between 0 and 1.")


class UnequalLengths(CommonwealError):
    """Arrays that should have one entry for each unit, and don't."""

    what = _("{name} has {found} entries, but there are {expected} outcomes.")
    remedy = _("Give one entry for each unit, in the same order.")


class NotFinite(CommonwealError):
    """A missing or infinite number where an analysis needs one."""

    what = _("{name} is missing or infinite at row {row} (counted from 0), and in {count} rows in all.")
    remedy = _("Fill these values, or leave these rows out, before the analysis.")


class UnknownArm(CommonwealError):
    """An arm's number that names none of the arms."""

    what = _("Row {row} (counted from 0) is in arm {arm}, but the arms are 0 to {last}.")
    remedy = _("Give each row the position of its arm in the list of arms.")


class TooFewInArm(CommonwealError):
    """An arm too small to be compared with the others."""

    what = _("Arm {arm} has {units} units in {clusters} clusters: too few for {columns} columns.")
    remedy = _("Leave the arm out, or use fewer covariates.")


class CollinearCovariates(CommonwealError):
    """Within an arm, a covariate never varies or is a sum of others."""

    what = _("Within arm {arm} the covariates repeat each other, or one of them never varies.")
    remedy = _("Leave out covariates that are constant or that follow from others.")


class BadExperimentName(CommonwealError):
    """A name that could not stand in a file, a column and a page alike."""

    what = _("{name!r} can't be the name of an experiment.")
    remedy = _(
        "Use up to 60 small letters, digits, dots, hyphens and underscores; begin with a letter or digit."
    )


class NameOfExploration(CommonwealError):
    """A draw under the name that stands for what plans draw by themselves."""

    what = _("{name} is what plans that explore are analysed as: no experiment can be called that.")
    remedy = _("Give the experiment another name.")


class ExperimentDrawn(CommonwealError):
    """A second draw under a name that is taken by another design."""

    what = _("The experiment {name} was drawn on {day} already, with another design: {arms}.")
    remedy = _("Give the new one a name of its own. A draw is never done again: people were contacted by it.")


class NoneEligible(CommonwealError):
    """A draw among nobody."""

    what = _("Nobody can be drawn for the experiment {name}: {universe} holds no person.")
    remedy = _("Import a roll and run commonweal resolve first, or choose a wider universe.")


class NoSuchExperiment(CommonwealError):
    """Neither drawn here nor named by any list."""

    what = _("There is no experiment {name}: none was drawn, and no list has a column for arm:{name}.")
    remedy = _("Known experiments: {known}.")


class NothingExplored(CommonwealError):
    """No plan in use drew anybody to learn from."""

    what = _("There is no {name} to analyse: no plan that explores was approved yet.")
    remedy = _("Set learning and exploring in plan.toml (docs/plans.md), make a plan and approve it.")


class NoControl(CommonwealError):
    """An experiment none of whose arms is the control."""

    what = _("The experiment {name} has no arm {control!r} to compare with; its arms are {arms}.")
    remedy = _("Name the arm that was not contacted as the control.")


class NoResults(CommonwealError):
    """An experiment of which no outcome is known."""

    what = _("No outcome is known for any of the {persons} persons in the experiment {name}.")
    remedy = _('Import a list of results: map its columns to "arm:{name}" and to "outcome:voted", say.')


class NoResultsOfExploration(NoResults):
    """Plans drew, and nobody told what came of it."""

    what = _("Of too few of the {persons} persons whom plans drew an outcome is known.")
    remedy = _('Import a list of results: map its columns to "outcome:{name}/voted", say.')
