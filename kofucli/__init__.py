"""Reserve an hour at the immigration counter to collect finished residence cards."""

__version__ = "0.1.0"
