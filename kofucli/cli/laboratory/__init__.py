"""The commands under Laboratory and store in the help: set-up, care of the store, the rules."""
