"""Benchmarks: `make bench` runs all, `python -m benchmarks NAME` runs one. No figure here is a test."""
