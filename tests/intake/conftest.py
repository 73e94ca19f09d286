"""Property tests of intake have no deadline: the first example pays for the engines that it wakes."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
