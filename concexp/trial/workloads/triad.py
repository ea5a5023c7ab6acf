"""STREAM's triad with numpy: memory traffic in C that lets go of the GIL."""

from concexp.trial import tools

PLACES = 16  # so that operations differ
# The elements of b and c are 0 … 999 and 1 … 999 again and again: whole numbers, so that all sums are exact.
B, C = range(1000), range(1, 1000)


class Workload(tools.Workload):
    """Compute a = b + s c over arrays of floats with numpy, which releases the GIL: bound by memory, not by arithmetic.

    Each worker has arrays of its own. numpy takes two passes, a = s c and a = a + b: 40 bytes of traffic per element.
    To measure memory, `size` has to exceed the caches of all workers together.

    size: bytes of the three arrays of one worker
    """

    known_as = ("stream", "memory bandwidth", "numpy.add")
    suits = "how far memory bandwidth limits scaling"

    size: "size >= 1" = 50_331_648
    packages = ("numpy",)
    unit = "triad"

    def length(self):
        """Elements of one array."""
        return max(1, int(self.size) // 24)

    def prepare(self, kit):
        import numpy  # noqa: F401  here, so that a fork inherits it

    def enter(self, me):
        import numpy

        b, c = [numpy.resize(numpy.array(period, float), self.length()) for period in (B, C)]
        # Filled, not zeros, which only the first operation would get memory for.
        me.own = numpy.full_like(b, -1.0), b, c, numpy.multiply, numpy.add

    def work(self, me, n):
        a, b, c, multiply, add = me.own
        last = len(a) - 1
        total = 0
        for number in range(me.first, me.first + n):
            k = number % PLACES
            multiply(c, k + 1.0, out=a)
            add(a, b, out=a)
            total += int(a[last * k // (PLACES - 1)])
        return total

    def check(self, shared, outcome):
        last = self.length() - 1
        expected = 0
        for k, count in enumerate(outcome.per_residue(PLACES)):
            place = last * k // (PLACES - 1)
            expected += count * (B[place % len(B)] + (k + 1) * C[place % len(C)])
        return ("" if outcome.total == expected else "the sums are not b + s c"), {}
