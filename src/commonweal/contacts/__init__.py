"""One hand knows what the other does: contact rules, the pressure on each person, and the claims that reserve a contact."""
