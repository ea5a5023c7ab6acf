"""What a child can be asked: one file is one verb."""
