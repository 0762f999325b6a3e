"""Playing a scenario: an office is staged, its steps run, what they did compared."""
