"""What can go wrong with a policy pack, a consent, or the key of contact points."""

from __future__ import annotations

from commonweal.errors import CommonwealError, _


class UnknownPack(CommonwealError):
    """campaign.toml names a jurisdiction for which there is no pack."""

    what = _("There is no policy pack {name!r}.")
    remedy = _("Write one of these as jurisdiction into campaign.toml: {known}.")


class PackNotInForce(CommonwealError):
    """A pack whose law does not hold on the day."""

    what = _("The policy pack {name!r} holds from {begins} {ends}, not on {day}.")
    remedy = _("Choose another jurisdiction in campaign.toml, or a newer Commonweal.")


class PackUnreadable(CommonwealError):
    """A pack's file does not say what it should."""

    what = _("The policy pack {name!r} can't be read: {reason}.")
    remedy = _("Correct it in an editor; docs/policy.md lists what may stand there.")


class RealListsNeedPack(CommonwealError):
    """A live campaign without a policy pack holds lists of living people."""

    what = _(
        'This campaign runs without a policy pack (jurisdiction = "none"), but {sources} tell of real people.'
    )
    remedy = _(
        'Write jurisdiction = "fr", "eu" or "us" into campaign.toml. Lists of made-up people or of research say so in'
        ' their sources/*.toml: origin = "synthetic" or "research".'
    )


class NobodyThere(CommonwealError):
    """A consent about someone who is not in the serving copy, or whom the account may not see."""

    what = _("There is nobody of this number, or they are not yours to see.")
    remedy = _("Look the person up again.")


class EvidenceMissing(CommonwealError):
    """A consent without a word on how it was given."""

    what = _("A consent needs its evidence: how, when and where it was given (GDPR 7(1)).")
    remedy = _("Write it in a few words, without naming anybody else.")


class SaidInFuture(CommonwealError):
    """A word that was said after now."""

    what = _("{when} lies in the future.")
    remedy = _("Give the moment when it was said.")


class NothingToLift(CommonwealError):
    """A suppression that does not stand."""

    what = _("This suppression does not stand any more, or never did.")
    remedy = _("Load the page again.")


class PointKeyMissing(CommonwealError):
    """The key of contact points and tombstones is not where it was made."""

    what = _(
        "The key {path} is missing: without it the contact points that people want left alone can't be recognised."
    )
    remedy = _("Put it back from your own copy; it is not in the campaign's folder and not in its backup.")


class PointKeyUnwritable(CommonwealError):
    """The folder for the key can't be written."""

    what = _("The key {path} can't be written: {reason}.")
    remedy = _("Set COMMONWEAL_STATE to a folder that you may write, outside of the campaign's.")
