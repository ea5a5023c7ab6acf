"""What each command does: one file is one verb; `cli` prints what they return."""
