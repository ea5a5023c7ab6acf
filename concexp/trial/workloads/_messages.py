"""Messages that workers send each other: what they hold, how they are put and taken, and whether they came whole.

A message is one of a few payloads of the size that was asked for, identified by its first byte. The taker compares
it with the payload that it should be, byte by byte, and adds up that payload's number: so a message that was lost, doubled
or damaged shows in the sum.
"""

import pickle
from random import Random
from zlib import crc32

KINDS = 3  # of payloads: a buffer that was not overwritten shows


class Damaged(Exception):
    """A message is not what was sent."""


def payloads(size):
    """The payloads, `size` bytes each (at least 1), whose first byte is their place in the list."""
    random = Random(1)  # any bytes do: they are compared, and never looked at
    block = bytes(random.randrange(256) for _ in range(min(size, 4096)))
    return [(bytes([kind]) + block[1:] * (size // max(1, len(block) - 1) + 1))[:size] for kind in range(KINDS)]


def numbers(found):
    """What the taker of each payload adds up."""
    return [crc32(payload) for payload in found]


def pickled_bytes(size):
    """How long a message of `size` bytes is when it is pickled."""
    return len(pickle.dumps(payloads(size)[0], pickle.HIGHEST_PROTOCOL))


def expected(size, items):
    """The sum of what the takers of the messages 0 … items - 1 have to add up to."""
    whole, rest = divmod(items, KINDS)
    return sum(number * (whole + (kind < rest)) for kind, number in enumerate(numbers(payloads(size))))


def put(channel, found, first, n, joins):
    """Put the messages first … first + n - 1; with `joins`, wait until all that were put are done with."""
    send = channel.put
    for number in range(first, first + n):
        send(found[number % KINDS])
    if joins:
        channel.join()
    return 0


def take(channel, found, n, joins):
    """Take n messages; the sum of their numbers. Damaged if one is not what was sent."""
    receive, values = channel.get, numbers(found)
    total = 0
    if joins:
        done = channel.task_done
        for _ in range(n):
            message = receive()
            kind = message[0]
            if message != found[kind]:
                raise Damaged(what_is_wrong(message, found))
            total += values[kind]
            done()
        return total
    for _ in range(n):
        message = receive()
        kind = message[0]
        if message != found[kind]:
            raise Damaged(what_is_wrong(message, found))
        total += values[kind]
    return total


async def put_async(channel, found, first, n, joins):
    """The same for a coroutine."""
    send = channel.put
    for number in range(first, first + n):
        await send(found[number % KINDS])
    if joins:
        await channel.join()
    return 0


async def take_async(channel, found, n, joins):
    """The same for a coroutine."""
    receive, values = channel.get, numbers(found)
    done = channel.task_done if joins else nothing
    total = 0
    for _ in range(n):
        message = await receive()
        kind = message[0]
        if message != found[kind]:
            raise Damaged(what_is_wrong(message, found))
        total += values[kind]
        done()
    return total


def nothing():
    """Does nothing, where no worker waits for it."""


def what_is_wrong(message, found):
    """How a message differs from what was sent, in words."""
    size = len(found[0])
    if len(message) != size:
        return "a message of %d bytes came, not of %d" % (len(message), size)
    payload = found[message[0]] if message[0] < KINDS else found[0]
    place = next(k for k in range(size) if message[k] != payload[k])
    return "byte %d of a message is %d, not %d" % (place, message[place], payload[place])
