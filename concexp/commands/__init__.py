"""What each command does, one file per verb; `cli` prints what they return."""
