"""What is shown: results as text, tables, CSV, JSON. Nothing here decides anything."""
