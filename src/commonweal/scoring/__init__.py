"""What each person is likely to do, and what a contact would change: turnout, support, effects of options.

ground     what there is to learn from: elections, attributes, lists, the experiment with most results
tables     one row of facts a person, from what was known before the election that is predicted
features   facts to numbers, at training and at scoring alike
models     gradient boosting, cross-fitted by household, calibrated (calibration), with intervals
training   the turnout and the support model
effects    what each option adds, from an experiment; its arms learn from each other (hierarchy, moderators)
applying   everybody scored, block by block
cards      what a model was made from, how good it is, who is missing
actions    score: train, score all, publish
"""
