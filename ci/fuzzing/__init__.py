"""Tests the charts with generated values: generator, invariants, experiments."""
