"""Our workbooks beside those of other programs."""
