"""The commands under Counter in the help: ``desk``."""
