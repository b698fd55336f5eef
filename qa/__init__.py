"""Questions in, checked answers and briefs out."""
