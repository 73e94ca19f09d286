"""Property tests of intake have no deadline: the first example pays for the engines that it wakes."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import settings

from commonweal.campaign import Campaign

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture
def campaign(campaign: Campaign) -> Campaign:
    """Under a pack, for these lists tell of real people as often as not."""
    campaign.settings = msgspec.structs.replace(campaign.settings, jurisdiction="fr")
    return campaign
