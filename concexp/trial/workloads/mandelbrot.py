"""The Mandelbrot set, row by row: floating-point arithmetic in pure Python, with rows of unequal length."""

from functools import lru_cache

from concexp.trial import tools


class Workload(tools.Workload):
    """Compute a row of the Mandelbrot set in pure-Python floats; rows through the middle take longer than those outside.

    The picture is a square of -2 … 0.5 and -1.25 … 1.25 i; its rows repeat when all are done.

    size: points per row, and rows of the picture
    iterations: steps after which a point counts as one of the set
    """

    suits = "which model speeds up Python floats, with rows of unequal length"

    size: "int >= 1" = 64
    iterations: "int >= 1" = 100
    unit = "row"

    def work(self, me, n):
        size, iterations = self.size, self.iterations
        total = 0
        for number in range(me.first, me.first + n):
            y = height(number % size, size)
            for column in range(size):
                x = (2 * column + 1) * 1.25 / size - 2.0
                re = im = re_squared = im_squared = 0.0
                left = iterations
                while left and re_squared + im_squared <= 4.0:
                    im = 2.0 * re * im + y
                    re = re_squared - im_squared + x
                    re_squared = re * re
                    im_squared = im * im
                    left -= 1
                total += iterations - left
        return total

    def check(self, shared, outcome):
        counts = outcome.per_residue(self.size)
        expected = sum(
            count * steps(self.size - 1 - row, self.size, self.iterations) for row, count in enumerate(counts) if count
        )
        return ("" if outcome.total == expected else "%d steps, not %d" % (outcome.total, expected)), {}


def height(row, size):
    """The imaginary part of a row; that of its mirror image is exactly the negative."""
    return (2 * row + 1 - size) * 1.25 / size


@lru_cache(maxsize=None)
def steps(row, size, iterations):
    """The steps of a row by another way: the two largest parts of the set are known without a step.

    The check asks for the mirror image of each row, which has as many, for the set is symmetric. Not by `complex`: its
    product is rounded otherwise where the compiler fuses the multiplication with the addition.
    """
    y = height(row, size)
    total = 0
    for column in range(size):
        x = (2 * column + 1) * 1.25 / size - 2.0
        from_cusp = (x - 0.25) ** 2 + y * y
        if from_cusp * (from_cusp + x - 0.25) <= y * y / 4 or (x + 1) ** 2 + y * y <= 1 / 16:
            total += iterations
            continue
        re, im = 0.0, 0.0
        for _ in range(iterations):
            if re * re + im * im > 4.0:
                break
            re, im = re * re - im * im + x, 2.0 * re * im + y
            total += 1
    return total
