"""Cells to values: one module a sort of value, all over Arrow arrays, each distinct cell read once."""
