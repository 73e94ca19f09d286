"""The append-only record of every contact and every answer, over all channels.

An event is told by its sender under an id of the sender's own, so that telling it again changes nothing. It belongs
to a person, or waits until one is known. Undoing is a further event that corrects the first.
"""
