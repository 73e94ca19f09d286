"""Drills: what breaks in earnest is broken on purpose, at full size."""
