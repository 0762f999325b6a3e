"""The commands of who sets up a store, looks into it, or tries the rules out."""
