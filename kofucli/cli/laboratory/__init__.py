"""The commands under Laboratory and store in the help: set-up, care of the store, the rules.

``kofucli store check`` asks ``kofucli.store.integrity.check`` for its findings, shows each with
its file, and ends with exit status 6 where there is one.
"""
