"""Commonweal: an open campaign data platform.

The rooms, in the order in which a campaign flows through them::

    intake       lists in: read, map, validate; what can't be read goes to quarantine
    identity     who is who over all lists; households; ids that stay
    people       one profile per person, every value with its source; areas; universes
    experiments  draw, log and analyse randomised trials
    scoring      how likely each is to vote and to support us; what a contact adds
    planning     who hears what, through which channel, under a budget
    web          the same data for each role, live

Below them stand `store` (the ledger in PostgreSQL, the lake in Parquet), `jobs` (runs and their progress),
`audit` and `access`; beside them `electorate`, made-up people on real ground with a hidden truth, for the demo,
tests and benchmarks.
"""
