"""Scenarios: a case of the rules as a file that can be run again (docs/scenarios.md)."""
