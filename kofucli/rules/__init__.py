"""The notice, a room a section. Pure: data in, verdicts out; no clock, no file, no print."""
