"""The charts and their cases, and Helm: every render goes through it."""
