"""Digits of pi: arithmetic with integers of hundreds of digits."""

from functools import lru_cache

from concexp.trial import tools

LENGTHS = 4  # so that operations differ
PRIME = (1 << 61) - 1  # what an operation returns depends on each of its digits, and is still small
GUARD = 20  # further digits, so that what Machin's series loses to rounding is cut off


def spigot(digits):
    """The first digits of pi as one integer, found one after the other (Gibbons 2006)."""
    found = 0
    q, r, t, k, digit, x = 1, 0, 1, 1, 3, 3
    while digits:
        if 4 * q + r - t < digit * t:
            found = found * 10 + digit
            digits -= 1
            q, r, digit = 10 * q, 10 * (r - digit * t), 10 * (3 * q + r) // t - 10 * digit
        else:
            q, r, t, digit, k, x = (
                q * k,
                (2 * q + r) * x,
                t * x,
                (q * (7 * k + 2) + r * x) // (t * x),
                k + 1,
                x + 2,
            )
    return found


@lru_cache(maxsize=None)
def machin(digits):
    """The same by another way: 16 arccot 5 - 4 arccot 239 in fixed-point integers (Machin 1706)."""
    one = 10 ** (digits - 1 + GUARD)
    return (16 * arccot(5, one) - 4 * arccot(239, one)) // 10**GUARD


def arccot(x, one):
    """`one` times the arc cotangent of x, by its series."""
    power = total = one // x
    divisor, sign = 1, 1
    while power:
        power //= x * x
        divisor, sign = divisor + 2, -sign
        total += sign * (power // divisor)
    return total


class Workload(tools.Workload):
    """Compute the first digits of pi with a spigot: arithmetic with big integers, which holds the GIL.

    Operations differ in length by up to three digits.

    digits: how many digits at least; twice as many take about four times as long
    """

    known_as = ("pi",)
    suits = "which model speeds up arithmetic with big integers"

    digits: "int >= 1" = 150
    unit = "expansion"

    def work(self, me, n):
        digits = self.digits
        total = 0
        for number in range(me.first, me.first + n):
            total += spigot(digits + number % LENGTHS) % PRIME
        return total

    def check(self, shared, outcome):
        values = [machin(self.digits + more) % PRIME for more in range(LENGTHS)]
        expected = sum(count * value for count, value in zip(outcome.per_residue(LENGTHS), values))
        return ("" if outcome.total == expected else "these are not the digits of pi"), {}
