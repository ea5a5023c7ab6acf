"""Servers for workloads: processes of their own on the loopback address, which end with the trial. One file is one server.

Its name is the file's name. The file defines `factory(**parameters)`: called once, inside the running event loop, it
returns what builds an `asyncio.Protocol` for each connection. What all connections share lives there.
"""

import os
import socket
import sys

from concexp.trial import tools


class Server:
    """A running server: its port and process id. May be sent to worker processes."""

    def __init__(self, port, pid):
        self.port = port
        self.pid = pid
        self.process = None

    def __getstate__(self):
        return {"port": self.port, "pid": self.pid, "process": None}


def start(name, parameters):
    """Start a server and wait until it listens."""
    process, line = spawn("the %s server" % name, "servers/__main__.py", name, repr(parameters))
    server = Server(int(line), process.pid)
    server.process = process
    return server


def spawn(what, script, *arguments):
    """Run a script of this package's in a process of its own; returns it and its first line, which says that it is ready.

    It stays in this process's group, so that nothing outlives the trial. `what` is how an error names it.
    """
    import subprocess

    main = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), script)
    command = [sys.executable, "-s", "-S", main, *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    line = process.stdout.readline()
    if not line:
        process.communicate()
        raise RuntimeError("%s %s before it was ready" % (what, tools.how_it_ended(process.returncode)))
    return process, line


def stop(server):
    """End a server. Closing its standard input is not enough: forked workers hold that pipe open as well."""
    server.process.terminate()
    server.process.communicate()


def connect(server):
    """A blocking connection to a server; what is sent leaves at once (asyncio's own connections do that by themselves)."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
