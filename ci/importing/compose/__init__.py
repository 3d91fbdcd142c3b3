"""Compose files: a service of one as the objects that do in Kubernetes what Compose does."""
