"""Notes that outlive the process that writes them: lines in a file of the trial's folder, read by the parent at the end.

A line is a name, or a name and a number. Each is one write to a file opened for appending: lines of several processes
never mix, and a line written before a SIGKILL is there.
"""

import os

NAME = "notes"


class Notes:
    """Writes notes. Each process opens the file at its first note; the object can be sent to workers."""

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
