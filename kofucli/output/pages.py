"""HTML pages: templates filled in, with everything from outside escaped."""

from __future__ import annotations

import os

_FOLDER = os.path.join(os.path.dirname(__file__), "templates")


def fill_page(template: str, **values: object) -> str:
    """Return the page that a template of ``templates/`` makes of these values.

    Every value is escaped but those that are markupsafe's Markup; a name that the template uses
    and nobody gave is an error.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # only pages need it

    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(values)
