"""Pipe: a connection between two workers."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A pipe of `multiprocessing`: what one end sends, the other receives; messages are pickled, or bytes as they are.

    form: whether messages go through `send` and `recv`, which pickle, or through `send_bytes` and `recv_bytes`
    duplex: whether two workers that answer each other share one pipe for both ways, or have a simplex pipe for each
    """

    known_as = ("multiprocessing.Pipe", "multiprocessing.connection.Connection", "os.pipe")
    suits = "messages between two workers"
    price = "a system call and a copy on either side, and a pickle"

    form: "pickled | raw" = "pickled"
    duplex: bool = False
    interface = "stream"
    ends = "one"

    def build(self, tools, capacity):
        made = tools.make("Pipe", False)
        if made is None:
            return None
        reader, writer = made
        return self.one(writer, reader)

    def pair(self, tools):
        if not self.duplex:
            return super().pair(tools)
        made = tools.make("Pipe", True)
        if made is None:
            return None
        one, other = made
        return self.one(one, one), self.one(other, other)

    def one(self, writer, reader):
        """The Ends that write here and read there."""
        if self.form == "raw":
            return tools.Ends(writer.send_bytes, reader.recv_bytes)
        return tools.Ends(writer.send, reader.recv)
