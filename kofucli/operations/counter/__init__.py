"""The counter: arrivals, handing over, calls, marks, the end of a day."""
