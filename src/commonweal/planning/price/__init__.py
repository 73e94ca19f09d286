"""The price of governing big: what a campaign's plan would gain with few messages, or with talk that serves many.

model     a point of the curves, what its messages promise, a rule of the plan
promised  what each message promises now, how narrow that is, and what it costs
curves    both curves of one problem
computing both curves of the campaign
actions   a point becomes a rule of the plan, and is taken back
queries   the rule in force
obeying   how a plan keeps to it
"""

from commonweal.planning.price.model import COMMAND, Message, Point, Price, Rule

__all__ = ["COMMAND", "Message", "Point", "Price", "Rule"]
