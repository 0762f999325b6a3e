"""The commands under Counter in the help: ``desk``.

``kofucli desk arrive -`` calls the operation for each line that the scanner types (``scanner``),
and answers each at once. All other commands of ``desk`` are one step of one visit or one day.
"""
