"""Recording: a decision or a history becomes a scenario that names nobody."""
