"""Claims -> verdicts."""
