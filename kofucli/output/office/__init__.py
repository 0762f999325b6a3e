"""What the commands of the counter and the office show: desk, desk sheet, agents, reports."""
