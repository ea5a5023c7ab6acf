"""Compression in C that lets go of the GIL: zlib, bz2, lzma."""

from functools import partial
from importlib import import_module
from zlib import crc32

from concexp.trial import tools

BLOCKS = 4  # so that operations differ
WORDS = 1_000
# What each codec calls its level.
LEVEL = {"zlib": "level", "bz2": "compresslevel", "lzma": "preset"}


class Workload(tools.Workload):
    """Compress a block of text and decompress it again: CPU-bound work in C that releases the GIL.

    codec: the module of the standard library that does it
    size: bytes per block, uncompressed
    level: how hard it tries, 0 … 9 (bz2: 1 … 9)
    """

    known_as = ("zlib.compress", "bz2.compress", "lzma.compress", "gzip.compress", "zip")
    suits = "whether threads suffice for C code that releases the GIL"

    codec: "zlib | bz2 | lzma" = "zlib"
    size: "size >= 1" = 65_536
    level: "int >= 0 <= 9" = 6
    unit = "block"
    draws = "the words of the blocks"

    def refuses(self, model, sync, workers, load):
        if self.codec == "bz2" and self.level == 0:
            return "bz2 has no level 0"
        try:
            import_module(self.codec)
        except ImportError:
            return "this interpreter was built without %s" % self.codec
        return ""

    def prepare(self, kit):
        self.blocks = self.build()

    def build(self):
        """Blocks of invented words: about as compressible as prose."""
        size = int(self.size)
        random = self.dice()
        words = ["".join(random.choices("eeetaoinshrdlcu", k=random.randint(2, 9))) for _ in range(WORDS)]
        # A word has 2 letters at least, and a space: this number of words is always enough.
        return [" ".join(random.choices(words, k=size // 3 + 1)).encode()[:size] for _ in range(BLOCKS)]

    def __getstate__(self):
        # A started process builds its own blocks: pickling them would be measured as the model's start-up.
        return {name: value for name, value in self.__dict__.items() if name != "blocks"}

    def enter(self, me):
        if not hasattr(self, "blocks"):
            self.blocks = self.build()

    def work(self, me, n):
        blocks = self.blocks
        codec = import_module(self.codec)
        compress, decompress = partial(codec.compress, **{LEVEL[self.codec]: self.level}), codec.decompress
        total = 0
        for number in range(me.first, me.first + n):
            total += crc32(decompress(compress(blocks[number % BLOCKS])))
        return total

    def check(self, shared, outcome):
        sums = [crc32(block) for block in self.blocks]
        expected = sum(count * s for count, s in zip(outcome.per_residue(BLOCKS), sums))
        return ("" if outcome.total == expected else "what was decompressed is not what was compressed"), {}
