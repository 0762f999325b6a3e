"""What the office reads: agents, the counter, reports."""
