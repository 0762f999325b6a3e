"""What agents read: slots, rows of a file, reservations, why something was refused."""
