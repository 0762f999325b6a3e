"""What agents read: slots, reservations, rows of a file, status, the confirmation, mails."""
