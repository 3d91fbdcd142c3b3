"""Judges rendered manifests without a cluster: goldens, names, references, routing, hook order."""
