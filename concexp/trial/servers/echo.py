"""Sends back what came."""

from concexp.trial.servers._serve import Delayed


def factory(size, delay):
    """Messages of `size` bytes, each sent back `delay` seconds after its last byte."""
    return lambda: Echo(size, delay)


class Echo(Delayed):
    """One connection."""

    def __init__(self, size, delay):
        super().__init__(delay)
        self.size = size

    def data_received(self, data):
        if not self.delay:
            self.transport.write(data)
            return
        self.pending += data
        while len(self.pending) >= self.size:
            message, self.pending = self.pending[: self.size], self.pending[self.size :]
            self.send_later(message)
