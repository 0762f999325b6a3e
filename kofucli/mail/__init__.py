"""Mails: their bytes, and handing them to a server.

``encode(Envelope(sender, receiver, date), Letter(subject, text))`` gives the bytes that lie in the
outbox; ``Server(account, complete).send(content)`` reads the receiver from them and hands over what
``complete`` makes of them.
"""
