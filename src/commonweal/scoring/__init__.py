"""What each person is likely to do, and what a contact would change: turnout, support, effects of options.

features   one row a person from what was known before the election that is predicted
models     gradient boosting, cross-fitted by household, calibrated, with intervals
cards      what a model was made from, how good it is, who is missing
effects    what each option adds, from an experiment, shrunk
actions    score: train, score all, publish
"""
