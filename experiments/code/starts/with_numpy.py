"""A program that imports numpy, as a worker of its has to."""

import numpy


def nothing():
    """What a worker does here does not matter."""
    return numpy.__name__
