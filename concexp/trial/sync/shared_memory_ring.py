"""A ring in shared memory: one worker writes, one reads, and two semaphores count free and filled slots.

The bounded buffer of Dijkstra 1965, for bytes of any length: a message is cut into pieces as long as a slot. There is
one writer and one reader, so no lock is needed beside the semaphores.
"""

from concexp.trial import tools

HEAD = 8  # bytes in front of a message, its length
WRITTEN, READ = 0, 1  # how many slots were written and read, ever


class Ring:
    """The ring. Where it stands is in shared numbers, for a part may be played by another worker in the next pass."""

    def __init__(self, memory, slots, slot, free, filled, places):
        self.memory = memory
        self.slots = slots
        self.slot = slot
        self.free = free
        self.filled = filled
        self.places = places

    def qsize(self):
        """How many slots are filled."""
        return self.places[WRITTEN] - self.places[READ]

    def put(self, message):
        acquire, release, memory, slots, slot = (
            self.free.acquire,
            self.filled.release,
            self.memory.buf,
            self.slots,
            self.slot,
        )
        size, sent, number = len(message), 0, self.places[WRITTEN]
        head, view = size.to_bytes(HEAD, "big"), memoryview(message)
        while True:
            acquire()
            at = number % slots * slot
            number += 1
            if head:
                memory[at : at + HEAD] = head
                at, room, head = at + HEAD, slot - HEAD, b""
            else:
                room = slot
            piece = view[sent : sent + room]
            memory[at : at + len(piece)] = piece
            sent += len(piece)
            self.places[WRITTEN] = number
            release()
            if sent == size:
                return

    def get(self):
        acquire, release, memory, slots, slot = (
            self.filled.acquire,
            self.free.release,
            self.memory.buf,
            self.slots,
            self.slot,
        )
        number = self.places[READ]
        acquire()
        at = number % slots * slot
        size = int.from_bytes(memory[at : at + HEAD], "big")
        found, got = bytearray(size), 0
        at, room = at + HEAD, slot - HEAD
        while True:
            n = min(room, size - got)
            found[got : got + n] = memory[at : at + n]
            got += n
            number += 1
            self.places[READ] = number
            release()
            if got == size:
                return found
            acquire()
            at, room = number % slots * slot, slot


class Sync(tools.Sync):
    """A ring of slots in `multiprocessing.shared_memory`, with a semaphore for the free slots and one for the filled ones.

    slots: how many slots the ring has
    slot: how long a slot is; a longer message takes several
    """

    known_as = ("ring buffer", "circular buffer")
    suits = "messages between two processes without a system call for each copy"
    price = "two semaphores and two copies per message"

    slots: "int >= 1" = 16
    slot: "size >= 16" = 65_536
    interface = "stream"
    ends = "one"
    sized = True

    def build(self, tools, capacity):
        free, filled = tools.make("Semaphore", self.slots), tools.make("Semaphore", 0)
        memory = tools.make("SharedMemory", self.slots * int(self.slot))
        if memory is None:
            return None
        tools.at_end(memory.unlink)
        return Ring(memory, self.slots, int(self.slot), free, filled, tools.array(2))
