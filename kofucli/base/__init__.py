"""The ground floor: errors, text, the clock, written days and hours, the two languages.

An error carries phrases, and they become text only where they are shown:

    error = NotFoundError(Phrase("There is no agent {id}.", id="A-1"))
    language.render(error.phrase, translator("ja"))

``error.kind`` ("not-found") stands in the JSON, ``error.exit_status`` (4) ends the process.
"""
