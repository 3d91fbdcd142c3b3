"""Errors, console output, files, processes, git, pinned programs: nothing knows Kubernetes or Helm."""
