"""The tests. No environment variable of the machine decides how they end."""

import os

_HEARD = (
    *("KOFUCLI_", "LANG", "LC_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "XDG_CONFIG_HOME"),
    *("PYTHONCOERCECLOCALE", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS"),
)
"""The beginnings of the variables that the program, click and Python listen to."""

for _name in list(os.environ):
    if _name.startswith(_HEARD):
        del os.environ[_name]
# Nobody's own configuration is found.
os.environ["XDG_CONFIG_HOME"] = os.path.join(os.path.dirname(__file__), "no-such-folder")
