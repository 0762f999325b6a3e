"""The commands under Booking in the help: those of agents."""
