"""Files as offices bring them: CSV, XLSX and JSON become rows of known columns."""
