"""Reserve an hour at the immigration counter to collect finished residence cards.

``kofucli book +1 10:00 --case 横支更1 --agent A-1`` reserves 10:00 on the first shown day.
docs/architecture.md follows such a command through the packages.
"""

__version__ = "0.1.0"
