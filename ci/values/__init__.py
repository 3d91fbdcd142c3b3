"""What may be written in a values file: the schema and its source, lint, reference."""
