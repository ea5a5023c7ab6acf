"""What watches a pass from outside the timed loop: one file is one probe."""
