"""May this field be used, may this person be contacted, here, now, for this? Policy packs, consents, the one gate."""
