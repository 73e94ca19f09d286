"""One profile per person with the origin of every value; areas; universes; the serving copy that pages read."""
