"""A scenario file: its tables, reading it, every mistake in it at once."""
