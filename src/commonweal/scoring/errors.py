"""What can go wrong when people are scored. None of it passes by waiting."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class NobodyToScore(CommonwealError):
    """There are no persons yet."""

    what = _("There is nobody to score: the campaign has no persons yet.")
    remedy = _("Import a list (commonweal import FILE), then run commonweal resolve.")


class NoTurnoutOutcome(CommonwealError):
    """A turnout model without an election to learn from."""

    what = _(
        "No election to learn turnout from: {found}. At least {enough} persons known to have voted and {enough} "
        "known not to have are needed in one of them."
    )
    remedy = _('Import a list that says who voted, and map its columns to "vote:2024_general", say.')


class NoSupportOutcome(CommonwealError):
    """A support model without answers to learn from."""

    what = _(
        "Too few answers to learn support from: {yes} persons for us and {against} against, of {enough} each that are "
        "needed. Searched: {searched}."
    )
    remedy = _('Import canvass results, and map the support level (1-5) to "attribute:support_level".')


class NoEffectOutcome(CommonwealError):
    """Effects asked for without an experiment that has results."""

    what = _("No experiment to learn effects from: {found}.")
    remedy = _(
        "Draw an experiment (or import one), then import its results: columns for arm:NAME and outcome:voted."
    )
