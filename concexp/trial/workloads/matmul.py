"""Products of matrices with numpy: BLAS without the GIL, and its own threads beside yours."""

import os

from concexp.trial import tools

# Which one is read depends on the BLAS that numpy was built with; each reads it once, when it is loaded.
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Workload(tools.Workload):
    """Multiply two square matrices of floats with numpy: BLAS computes without the GIL, in threads of its own if you let it.

    Operations alternate between A B and B A. All elements are whole numbers and all sums below 2^53: results are exact.

    n: rows and columns
    blas_threads: threads that BLAS may use for each product, in each process; 1: one, unless `environment:` says otherwise
    """

    n: "int >= 1 <= 16000" = 256
    blas_threads: "int >= 1" = 1
    packages = ("numpy",)
    unit = "product"

    def numpy(self):
        """numpy, limited to this number of threads if this is its first import in this process."""
        for name in THREADS if self.blas_threads > 1 else ():
            os.environ[name] = str(self.blas_threads)
        import numpy

        return numpy

    def matrices(self, kind):
        """A and B, and the weights with which the check looks at every element of their product."""
        numpy = self.numpy()
        k = numpy.arange(self.n)
        a, b = numpy.add.outer(7 * k, 3 * k) % 10, numpy.add.outer(5 * k * k, 11 * k) % 10
        return a.astype(kind), b.astype(kind), (k % 5 + 1).astype(kind)

    def prepare(self, kit):
        self.numpy()  # here, so that a fork inherits it

    def enter(self, me):
        numpy = self.numpy()
        a, b, weights = self.matrices(float)
        me.own = ((a, b), (b, a)), weights, numpy.full_like(a, -1.0), numpy.matmul

    def work(self, me, n):
        pairs, weights, product, matmul = me.own
        total = 0
        for number in range(me.first, me.first + n):
            left, right = pairs[number % 2]
            matmul(left, right, out=product)
            total += int(weights @ product @ weights)
        return total

    def check(self, shared, outcome):
        # Freivalds: w (A B) w = (w A) (B w), which takes no product of matrices; in integers, which BLAS does not know.
        a, b, w = self.matrices("int64")
        values = [int((w @ a) @ (b @ w)), int((w @ b) @ (a @ w))]
        expected = sum(count * value for count, value in zip(outcome.per_residue(2), values))
        return ("" if outcome.total == expected else "these are not the products"), {}
