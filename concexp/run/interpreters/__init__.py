"""The Python interpreters that can run trials."""
