"""Values files of other charts: one module a chart makes the objects that the chart makes of its values."""
