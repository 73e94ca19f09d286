"""What people agree to do: who, what, by when; written from any live page, seen by all whom it concerns, followed to
its end.
"""
