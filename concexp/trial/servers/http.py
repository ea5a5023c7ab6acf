"""HTTP/1.1: `GET /NUMBER` is answered with bytes that depend on the number, on a connection that stays open."""

from concexp.trial.servers._serve import Delayed

LONGEST_HEAD = 65_536  # bytes


def factory(size, delay):
    """Bodies of `size` bytes; an answer leaves `delay` seconds after its request came."""
    return lambda: Http(size, delay)


def message(status, body=b""):
    """A whole answer."""
    head = b"HTTP/1.1 %b\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


class Http(Delayed):
    """One connection."""

    def __init__(self, size, delay):
        super().__init__(delay)
        self.size = size

    def data_received(self, data):
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, _, self.pending = self.pending.partition(b"\r\n\r\n")
            answer, last = self.answer_to(head)
            if self.delay:
                self.send_later(answer, last)
            else:
                self.send(answer, last)
            if last:
                self.transport.pause_reading()
                return
        if len(self.pending) > LONGEST_HEAD:
            self.send(message(b"431 Request Header Fields Too Large"), True)

    def send(self, answer, last):
        self.transport.write(answer)
        if last:
            self.transport.close()

    def answer_to(self, head):
        """(the answer to a request, whether it is the connection's last): after an error the next bytes mean nothing."""
        first, *lines = head.split(b"\r\n")
        method, path, version = first.split(b" ") if first.count(b" ") == 2 else (b"", b"", b"")
        if not version.startswith(b"HTTP/1."):
            return message(b"400 Bad Request"), True
        if method != b"GET":
            return message(b"501 Not Implemented"), True
        if not path[1:].isdigit():
            return message(b"404 Not Found"), True
        pairs = [line.lower().partition(b":") for line in lines]
        last = version == b"HTTP/1.0" or any(n == b"connection" and v.strip() == b"close" for n, _, v in pairs)
        text = b"%b " % path[1:]
        return message(b"200 OK", (text * (self.size // len(text) + 1))[: self.size]), last
