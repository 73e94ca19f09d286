"""Randomised experiments: who is drawn into which arm, and what came of it.

rules     draws by hash of the unit's id: the same on every machine, in every run
analysis  effects with errors clustered by household; did the draw go as designed?
exploration  the same of what plans drew, whose chances differ from person to person
"""
