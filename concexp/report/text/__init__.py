"""How numbers and a user's text are written."""
