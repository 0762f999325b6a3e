"""What the commands of agents show: slots, reservations, rows of a file, status, --explain."""
