"""Commonweal: an open campaign data platform.

The rooms, in the order in which a campaign flows through them::

    intake        lists in: read, map, validate; what can't be read goes to quarantine
    identity      who is who over all lists; households; ids that stay
    people        one profile per person, every value with its source; areas; universes
    interactions  every contact and every answer, over all channels, told once
    messages      what can be said: versions of a message, in each language
    mandate       promises: what each costs, what contradicts what, how narrow the talk is
    experiments   draw, log and analyse randomised trials
    scoring       how likely each is to vote and to support us; what a contact adds
    planning      who hears what, through which channel, under a budget
    contacts      contact rules, pressure, and the claims without which nobody is contacted
    board         what people agree to do, seen by all whom it concerns
    privacy       what people ask about their own data: access, correction, erasure
    web           the same data for each role, live; the API
    cli           the same work at the command line; reports: how its results read

Below them stand `store` (the ledger in PostgreSQL, the lake in Parquet, backups), `jobs` (runs and their progress),
`audit` (who did and saw what, sealed), `access` (accounts and roles) and `consent` (the law as data, asked by scores,
plans and claims); beside them `electorate`, made-up people on real ground with a hidden truth, for the demo, tests and
benchmarks.

From Python, each room's `actions` are what can be done and its `queries` what can be read; a campaign is passed to both::

    from commonweal import loop
    from commonweal.campaign import Campaign
    from commonweal.contacts import actions as contacts
    from commonweal.intake import actions as intake

    with Campaign.open(Path("my-campaign")) as campaign:
        intake.import_file(campaign, Path("roll.csv"))
        loop.night(campaign, budget=12_000)  # resolve, score, plan
        contacts.claim(campaign, person_id, Channel.DOOR, option=option)  # a claim, or the reason why not
        contacts.record(campaign, events, sender="mailer")  # what happened; harmless when told again

Errors are subclasses of `commonweal.errors.CommonwealError`: each says what, where, and what to do.
"""
