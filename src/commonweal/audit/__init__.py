"""Who did or saw what: one row for each look, change and export, in the transaction of the act itself."""
