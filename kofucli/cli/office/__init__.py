"""The commands under Office in the help; they are the office's alone (``App.office_actor``)."""
