"""Notes that outlive whoever writes them: lines in a file of the trial's folder, which the parent reads at the end.

A line is a name, or a name and a number. Each is one write to a file opened for appending, so that lines of several
processes never mix, and what was written before a SIGKILL is there.
"""

import os

NAME = "notes"


class Notes:
    """Where notes are written; each process opens the file when it writes its first. May be sent to workers."""

    def __init__(self, folder):
        self.path = os.path.join(folder, NAME)
        self.file = None
        self.pid = None

    def __reduce__(self):
        return Notes, (os.path.dirname(self.path),)

    def write(self, name, number=None):
        """Add one line."""
        if self.pid != os.getpid():
            self.file, self.pid = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), os.getpid()
        os.write(self.file, b"%s\n" % (name if number is None else "%s %d" % (name, number)).encode())
