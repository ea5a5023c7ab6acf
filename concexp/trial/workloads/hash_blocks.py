"""SHA-256 of blocks in memory: C code that lets go of the GIL while it computes."""

import hashlib

from concexp.trial import tools

BLOCKS = 8  # so that operations differ, and each can be checked


class Workload(tools.Workload):
    """Hash a block of memory with SHA-256: CPU-bound work that releases the GIL (hashlib does from 2 KiB on).

    size: bytes per operation
    """

    known_as = ("hashlib.sha256", "hash", "sha256")
    suits = "from which block size on threads suffice for hashing"

    size: "size >= 1" = 262_144
    unit = "block"

    def prepare(self, kit):
        self.blocks = self.build()

    def build(self):
        return [bytes([k + 1]) * int(self.size) for k in range(BLOCKS)]

    def __getstate__(self):
        # A started process builds its own blocks: pickling them would be measured as the model's start-up.
        return {name: value for name, value in self.__dict__.items() if name != "blocks"}

    def enter(self, me):
        if not hasattr(self, "blocks"):
            self.blocks = self.build()

    def work(self, me, n):
        blocks = self.blocks
        sha256 = hashlib.sha256
        total = 0
        for number in range(me.first, me.first + n):
            total += int.from_bytes(sha256(blocks[number % BLOCKS]).digest()[:4], "big")
        return total

    def check(self, shared, outcome):
        digests = [int.from_bytes(hashlib.sha256(block).digest()[:4], "big") for block in self.build()]
        expected = sum(count * d for count, d in zip(outcome.per_residue(BLOCKS), digests))
        return ("" if outcome.total == expected else "the digests do not add up"), {}
