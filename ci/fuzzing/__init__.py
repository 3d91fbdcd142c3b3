"""Values that nobody wrote: generator, invariants, experiments."""
