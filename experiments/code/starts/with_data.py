"""A program that holds 200 MB of objects, as after reading its data."""

DATA = [bytes(1000) for _ in range(200_000)]


def nothing():
    """What a worker does here does not matter."""
    return len(DATA)
