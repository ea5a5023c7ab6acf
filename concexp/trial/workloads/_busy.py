"""Busy work of a chosen length: a loop of which `Kit.rounds` says how many rounds fill a given CPU time."""

# x -> A x + C modulo 2^16 runs through all 65,536 values before one comes again (A is 1 modulo 4, C is odd), so
# different beginnings end differently; and A x stays below 2^30, where CPython's integers have a single digit.
A, C, MASK = 13_997, 12_345, 0xFFFF


def spin(rounds, x):
    """`rounds` steps of a linear congruential generator that begins with x: pure Python, which holds the GIL."""
    a, c, mask = A, C, MASK
    for _ in range(rounds):
        x = (x * a + c) & mask
    return x


def leap(rounds, x):
    """What `spin` returns, in as many steps as `rounds` has bits: two steps of a linear map are one of another."""
    a, c = A, C
    while rounds:
        if rounds & 1:
            x = (x * a + c) & MASK
        a, c = a * a & MASK, (a * c + c) & MASK
        rounds >>= 1
    return x
