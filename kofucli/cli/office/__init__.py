"""The commands under Office in the help."""
