"""The Pythons that can run trials."""
