"""Copies of a store, and what is removed from one: functions that take a store."""
