"""Errors, console output, files, processes, git, pinned programs: nothing here knows Kubernetes or Helm."""
