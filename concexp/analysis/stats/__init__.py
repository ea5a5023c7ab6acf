"""How sure we are: pure numbers in, numbers out."""
