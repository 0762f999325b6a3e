"""Case files and agent files: their bytes become rows of known columns, or all mistakes are named.

The way in is ``reading``. A file of the lines ``申請番号,予約日,担当`` and
``横支更1,2026/11/25,山田`` gives one row, ``(1, {"number": "横支更1", "date": "2026/11/25"})``, and
the ignored heading 担当. Values stay as they are written: the caller reads days, hours and kinds.
"""
