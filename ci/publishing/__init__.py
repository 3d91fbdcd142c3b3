"""Versions, changelog, packages, signatures, repositories."""
