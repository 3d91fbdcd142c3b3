"""Creates and reaches clusters: kind, docker, kubectl, add-ons, diagnostics."""
