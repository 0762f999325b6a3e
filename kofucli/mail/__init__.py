"""Mails: their bytes, and handing them to a server."""
