"""Measures speed as ratios within one run: those suit any machine."""
