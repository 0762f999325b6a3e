"""One module a use case: the only place where the rules and the store meet."""
