"""Partly under the GIL, partly without it: Amdahl's law with the GIL as its serial part."""

from hashlib import pbkdf2_hmac, sha256

from concexp.trial import tools
from concexp.trial.workloads import _busy

BEGINNINGS = 8  # so that operations differ
SALTS = [b"salt %d" % x for x in range(BEGINNINGS)]
KEY = bytes(range(100))
# HMAC puts the digest in the place of a key that is longer than SHA-256's block of 64 bytes: another way to each answer.
KEY_DIGEST = sha256(KEY).digest()


def derive(iterations, x, key=KEY):
    """32 bits of a key derived in this number of iterations: C code that releases the GIL from beginning to end."""
    return int.from_bytes(pbkdf2_hmac("sha256", key, SALTS[x], iterations)[:4], "big")


class Workload(tools.Workload):
    """Compute for a given time, a fraction of it in pure Python and the rest in C that releases the GIL.

    How much work fills the CPU time of each part is measured alone, before the first trial of a run; then each operation of
    each trial does the same work (columns `rounds_held` and `rounds_released`), however long it takes. Under a GIL threads
    all together can be no more than 1 / held times as fast as one.

    time: CPU time of one operation where nothing hinders it
    held: the fraction that holds the GIL
    """

    suits = "how the share of time under the GIL limits threads"

    time: "duration > 0" = 0.001
    held: "fraction" = 0.5
    unit = "spell"
    loops = (_busy.spin, derive)

    def prepare(self, kit):
        held, released = self.time * self.held, self.time * (1 - self.held)
        self.rounds_held = max(1, round(kit.rounds(_busy.spin, held))) if held else 0
        self.rounds_released = max(1, round(kit.rounds(derive, released))) if released else 0

    def work(self, me, n):
        spin, held, released = _busy.spin, self.rounds_held, self.rounds_released
        total = 0
        for number in range(me.first, me.first + n):
            x = number % BEGINNINGS
            total += spin(held, x)
            if released:
                total += derive(released, x)
        return total

    def check(self, shared, outcome):
        values = [_busy.leap(self.rounds_held, x) for x in range(BEGINNINGS)]
        if self.rounds_released:
            values = [value + derive(self.rounds_released, x, KEY_DIGEST) for x, value in enumerate(values)]
        expected = sum(count * value for count, value in zip(outcome.per_residue(BEGINNINGS), values))
        reason = "" if outcome.total == expected else "not every operation did all of its work"
        return reason, {"rounds_held": self.rounds_held, "rounds_released": self.rounds_released}
