"""Writes a starting set for a new service: values files, environments, and the pipeline that deploys it."""
