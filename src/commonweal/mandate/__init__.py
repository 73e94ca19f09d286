"""What was promised: to whom, at what cost, in what words; what contradicts what, and how narrow the talk is."""
