"""Interpreters' queue: the one channel that interpreters of a process have in common."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A queue between interpreters (`concurrent.interpreters.create_queue`): a waiting worker looks every 10 ms."""

    known_as = ("concurrent.interpreters.create_queue", "concurrent.interpreters.Queue")
    suits = "handing items between interpreters of one process"
    price = "a copy of most items; a wait is a look every 10 ms"

    interface = "channel"

    def build(self, tools, capacity):
        return tools.make("InterpreterQueue", capacity)
