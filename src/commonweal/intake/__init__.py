"""Lists in: any table that a campaign gets, read, mapped and normalised; what can't be read goes to quarantine."""
