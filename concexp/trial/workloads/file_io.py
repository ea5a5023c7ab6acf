"""Real files: write, read back, compare."""

import os
import zlib

from concexp.trial import tools

VARIANTS = 8


class Workload(tools.Workload):
    """Write a block to a real file in a temporary folder, read it back and compare; each worker has its own file.

    size: bytes per operation
    fsync: wait until the block is on the device
    """

    known_as = ("open", "os.fsync", "disk")
    suits = "how models cope with reading and writing files"

    size: "size >= 1" = 65_536
    fsync: bool = False
    resource = "io"
    unit = "file round trip"

    def enter(self, me):
        blocks = [bytes([k + 1]) * int(self.size) for k in range(VARIANTS)]
        me.own = os.path.join(me.folder, "worker-%d" % me.index), blocks

    def work(self, me, n):
        path, blocks = me.own
        fsync = self.fsync
        total = 0
        for number in range(me.first, me.first + n):
            with open(path, "wb") as file:
                file.write(blocks[number % VARIANTS])
                if fsync:
                    file.flush()
                    os.fsync(file.fileno())
            with open(path, "rb") as file:
                total += zlib.crc32(file.read())
        return total

    def check(self, shared, outcome):
        sums = [zlib.crc32(bytes([k + 1]) * int(self.size)) for k in range(VARIANTS)]
        expected = sum(count * s for count, s in zip(outcome.per_residue(VARIANTS), sums))
        return ("" if outcome.total == expected else "what was read is not what was written"), {}
