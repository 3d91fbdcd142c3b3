"""The charts and their cases, and Helm, the one door to rendering."""
