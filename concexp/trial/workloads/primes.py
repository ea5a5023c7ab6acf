"""Counting primes by trial division: integer work with branches, in pure Python."""

from concexp.trial import tools

SEGMENTS = 16  # so that operations differ, and each can be checked against a sieve


class Workload(tools.Workload):
    """Count the primes of a stretch of numbers by trial division, in pure Python.

    start: where the first stretch begins
    width: numbers per operation; the stretches repeat after 16
    """

    suits = "which model speeds up Python loops over integers"

    start: "int >= 2" = 100_000
    width: "int >= 1" = 500
    unit = "stretch"

    def work(self, me, n):
        start, width = self.start, self.width
        total = 0
        for number in range(me.first, me.first + n):
            low = start + number % SEGMENTS * width
            for candidate in range(low, low + width):
                divisor = 2
                while divisor * divisor <= candidate:
                    if candidate % divisor == 0:
                        break
                    divisor += 1
                else:
                    total += 1
        return total

    def check(self, shared, outcome):
        # A sieve of Eratosthenes: another way to the same answer.
        end = self.start + SEGMENTS * self.width
        sieve = bytearray([1]) * end
        sieve[:2] = b"\0\0"
        for i in range(2, int(end**0.5) + 1):
            if sieve[i]:
                sieve[i * i :: i] = bytes(len(range(i * i, end, i)))
        lows = [self.start + s * self.width for s in range(SEGMENTS)]
        primes = [sum(sieve[low : low + self.width]) for low in lows]
        expected = sum(count * p for count, p in zip(outcome.per_residue(SEGMENTS), primes))
        return ("" if outcome.total == expected else "%d primes, not %d" % (outcome.total, expected)), {}
