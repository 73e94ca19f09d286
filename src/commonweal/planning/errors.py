"""What can't be planned, and why. None of it passes by waiting."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class BudgetTooSmall(CommonwealError):
    """A budget of nothing, or less."""

    what = _("A plan can't be made for a budget of {budget}.")
    remedy = _("Give a budget above 0.")


class NoOptions(CommonwealError):
    """Nothing to choose from."""

    what = _("A plan needs at least one option.")
    remedy = _("Allow an option that was left out.")


class BadOption(CommonwealError):
    """An option that can't stand in a plan."""

    what = _("Option {option!r}: {problem}.")
    remedy = _("Correct the option.")
    repeated = _("its code stands twice")


class WrongShape(CommonwealError):
    """An array that does not fit the others."""

    what = _("{name} has the shape {found}, but {expected} is needed.")
    remedy = _("Give one row a person and one column an option, in the same order everywhere.")


class MissingEstimates(CommonwealError):
    """A goal that needs arrays which are not there."""

    what = _("The goal {goal!r} needs {names}.")
    remedy = _("Give them, or plan for turnout alone.")


class BadEstimate(CommonwealError):
    """A gain that is missing, infinite or beyond what a probability can change by."""

    what = _("{name} of option {option!r} for person {person} (counted from 0) is {value}.")
    remedy = _("Give a number from {low} to {high}, or bar the option to that person.")


class BadBaseline(CommonwealError):
    """A chance of voting or of support that is no probability."""

    what = _("{name} of person {person} (counted from 0) is {value}: not between 0 and 1.")
    remedy = _("Score that person, or bar all options to them.")


class BadDraws(CommonwealError):
    """Draws of the effects' errors that can't be added up."""

    what = _("The draws of {name} hold a value that is missing or infinite.")
    remedy = _("Estimate the effects again.")


class UnknownSegment(CommonwealError):
    """A segment for which there are no draws."""

    what = _("Person {person} (counted from 0) is in segment {segment}, but there are draws for 0 to {last}.")
    remedy = _("Give draws for every segment.")


class NobodyEligible(CommonwealError):
    """A mask that leaves nobody."""

    what = _("Nobody may be given any of the options.")
    remedy = _("See which rules bar them; allow another option, or import contact points or consents.")


class SuppressesTurnout(CommonwealError):
    """An option that keeps people from voting. No plan may use one, whomever it helps."""

    what = _(
        "Option {option!r} lowers turnout by {points:.2f} points "
        "(95% interval of the change: {low:.2f} to {high:.2f})."
    )
    remedy = _("Leave it out: a plan may bring people to vote or win them over, never keep them away.")


class NoSuchPlan(CommonwealError):
    """A plan id that stands nowhere."""

    what = _("There is no plan {plan_id}.")


class PlanOutdated(CommonwealError):
    """An older plan can't be put in force: people and scores have changed since."""

    what = _("Plan {plan_id} is not the newest: plan {newest} was made after it.")
    remedy = _("Approve the newest one, or make another.")


class NoPlanInForce(CommonwealError):
    """Lists are handed out from an approved plan only."""

    what = _("No plan is in force.")
    remedy = _("Approve the newest plan first: on its page, or commonweal plan … --approve.")


class CampaignOver(CommonwealError):
    """After the last round nobody may be contacted."""

    what = _("The last round was on {day}: nobody may be contacted any more.")
    remedy = _("If there is another round, add it to campaign.toml.")


class ListsNotWritten(CommonwealError):
    """The lists could not be written whole."""

    what = _("The lists can't be written to {folder}: {reason}.")
    remedy = _("Choose a folder that you own, on a disk with room.")


class NothingToJudge(CommonwealError):
    """A policy of which a study tells nothing."""

    what = _(
        "The study can't tell what {policy!r} was worth: of the households chosen, {treated} were drawn into what was "
        "chosen for them, and {control} into the control."
    )
    remedy = _("Raise the budget, or take a larger study.")


class UnknownStudyOption(CommonwealError):
    """A code that is none of a study's arms."""

    what = _("The study has no option {code!r}.")
    remedy = _("It has these: {known}.")


class NothingLeftToPlan(CommonwealError):
    """All of a study's options are left out."""

    what = _("Every option of the study is left out: {known}.")
    remedy = _("Allow at least one of them.")


class TermsUnreadable(CommonwealError):
    """plan.toml does not say what it should."""

    what = _("{path} can't be read: {reason}.")
    remedy = _("Correct it in an editor; docs/plans.md lists what may stand there.")


class TermOfNothing(CommonwealError):
    """A limit that counts none of the plan's options, and still asks for some of them."""

    what = _(
        "The limit {name!r} asks for {at_least:g}, but counts none of the options that the plan may use."
    )
    remedy = _("Correct its channel, message or option in plan.toml, or allow an option that it counts.")


class ShareOfNothing(CommonwealError):
    """A minimum share of what the plan can't have any of."""

    what = _(
        "The limit {name!r} asks for {share:.0%} of the contacts, but there is nothing and nobody that it counts."
    )
    remedy = _("Correct it in plan.toml: its channel, message or option, or who is meant.")


class ShareOfAll(CommonwealError):
    """A share of everything that the plan may do."""

    what = _("The limit {name!r} is a share of all contacts, and counts every option that the plan may use.")
    remedy = _(
        "Correct its channel, message or option in plan.toml, say who is meant, or allow another option."
    )


class NameTaken(CommonwealError):
    """A limit that is called as another one."""

    what = _("Two limits are called {name!r}.")
    remedy = _("Name the one in plan.toml otherwise: the budget is called money, a capacity as its option.")


class NobodyLivesThere(CommonwealError):
    """An area in plan.toml without people."""

    what = _("plan.toml names the area {area!r}, but nobody is known to live there.")
    remedy = _("Correct its code, or leave it out. Areas with people are, for example: {known}.")


class NobodyMeets(CommonwealError):
    """A minimum for people of whom there are none, or none that an earlier limit hasn't counted."""

    what = _(
        "The limit {name!r} asks for {at_least:g} contacts with people of whom it is said: {who}. There is nobody."
    )
    remedy = _("Correct `who` in plan.toml, or put this limit before those that count the same people.")


class AreasOverlap(CommonwealError):
    """Two limits that count areas which are neither the same nor apart."""

    what = _("The limits {one!r} and {other!r} both count the area {area!r}, but not the same areas.")
    remedy = _("Give both the same areas, or areas of their own.")


class NoSuchLimit(CommonwealError):
    """A limit to be changed that stands nowhere."""

    what = _("There is no limit {name!r} to change.")
    remedy = _("There are these: {known}.")


class BadEnd(CommonwealError):
    """A limit changed to what it can't be."""

    what = _("“{name}” can't be “{value}”.")
    remedy = _("Give a number of 0 or more.")


class BadShare(BadEnd):
    """A share that is none, or all."""

    remedy = _("Give a share from 0% to below 100%.")


class BadNumberADay(BadEnd):
    """Contacts a day that are none, or not whole."""

    remedy = _("Give a whole number of 1 or more.")


class BadMost(BadEnd):
    """More contacts of a person than there are channels, or none."""

    remedy = _("Give a whole number from 1 to 5.")


class BelowLeast(BadEnd):
    """A maximum below the minimum of the same limit."""

    remedy = _("Give {least} or more: plan.toml asks for so many at least.")


class NoRoundAhead(CommonwealError):
    """[days] without an end, and no round by which to know it."""

    what = _("plan.toml gives days, but not the last one, and campaign.toml has no round after {first}.")
    remedy = _("Add `last` to [days] in plan.toml, or the next round to campaign.toml.")


class NoDayLeft(CommonwealError):
    """A horizon that is over, or in which every day is closed."""

    what = _("No day is left for any contact: the plan would go from {first} to {last}.")
    remedy = _(
        "See [days] in plan.toml: `last`, and the days on which each channel may be used. Days that the law closes are left "
        "out by themselves: commonweal policy show."
    )


class HorizonTooLong(CommonwealError):
    """A horizon of more days than any campaign has: a slip of the pen."""

    what = _("The plan would go from {first} to {last}: {days} days, more than {most}.")
    remedy = _("Correct `first` and `last` of [days] in plan.toml, or the rounds in campaign.toml.")


class NobodyToCompareWith(CommonwealError):
    """Exploration that begins when all who are left alone were so before."""

    what = _(
        "Nobody can be compared with who explores: plans left {alone} of the households alone already while they were planned as "
        "everybody, and learning is {learning}."
    )
    remedy = _(
        "Set learning in plan.toml above {alone}, so that others are left alone from now on, or take exploring out (docs/plans.md)."
    )
