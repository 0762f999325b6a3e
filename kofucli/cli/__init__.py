"""The command line: parse, call one operation, hand the result to output."""
