"""Explains the keys of the charts' values: what the schema says, and what rendering shows."""
