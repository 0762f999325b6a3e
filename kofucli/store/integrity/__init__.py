"""Whether a store is whole, and how it is made whole again: functions that take a store."""
