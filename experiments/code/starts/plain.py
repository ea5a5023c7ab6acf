"""A program without imports."""


def nothing():
    """What a worker does here does not matter."""
