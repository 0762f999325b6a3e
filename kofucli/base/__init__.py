"""What everything stands on: errors, text from outside, the clock, the two languages."""
