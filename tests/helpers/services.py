"""Real servers for tests, started from the system's packages: PostgreSQL and Redis, each in a folder of its own.

CONCEXP_SERVICES=required makes a missing server a failure, as in CI; otherwise the tests that need it are skipped.

python -m tests.helpers.services COMMAND …   runs a command beside them, with their addresses in DATABASE_URL and REDIS_URL
"""

import contextlib
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

USER, PASSWORD = "tester", "Tell-Nobody-4711"
# Of each workload that needs a server, the variable that holds its address, here one where nothing answers.
NOWHERE = {
    "postgres": {"DATABASE_URL": f"postgresql://{USER}:{PASSWORD}@127.0.0.1:1/db"},
    "redis": {"REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:1/0"},
}
PATIENCE = 30.0  # seconds


def missing(what, package):
    """Skips the test, or fails it where servers are required."""
    required = os.environ.get("CONCEXP_SERVICES") == "required"
    (pytest.fail if required else pytest.skip)(f"there is no {what}: apt-get install {package}")


def free_port():
    """A TCP port of this machine that nothing listens to."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def folder(owner):
    """A new folder that belongs to a user, removed at the end."""
    path = Path(tempfile.mkdtemp(prefix="concexp-service-"))
    if owner:
        shutil.chown(path, owner, owner)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(command, port, **more):
    """A server's process; ends with the block. Returns once it listens."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more) as process:
        try:
            deadline = time.monotonic() + PATIENCE
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
                assert time.monotonic() < deadline, f"{command[0]} does not listen"
                time.sleep(0.02)
            yield
        finally:
            process.send_signal(2)  # PostgreSQL's fast shutdown
            process.wait(PATIENCE)


def postgres_programs():
    """The folder of initdb and postgres; None where PostgreSQL is not installed. Debian keeps them out of PATH."""
    found = [Path(path).parent for path in [shutil.which("initdb")] if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    return next((path for path in found if (path / "initdb").exists() and (path / "postgres").exists()), None)


@contextlib.contextmanager
def postgres():
    """The URL of a new PostgreSQL that asks for a password."""
    programs = postgres_programs()
    if programs is None:
        missing("PostgreSQL", "postgresql")
    # It refuses to run as root.
    owner = "postgres" if getpass.getuser() == "root" else ""
    as_owner = {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []} if owner else {}
    with folder(owner) as home:
        secret = home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data, port = home / "data", free_port()
        made = [
            programs / "initdb",
            "-D",
            data,
            "-U",
            USER,
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
            "-N",
            "-E",
            "UTF8",
        ]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=home, **as_owner)
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": home,
            "fsync": "off",
            "max_connections": 60,
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with running([programs / "postgres", "-D", data, "-p", str(port), *options], port, cwd=home, **as_owner):
            yield f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def redis():
    """The URL of a new Redis that asks for a password."""
    program = shutil.which("redis-server")
    if program is None:
        missing("Redis", "redis-server")
    with folder("") as home:
        port = free_port()
        options = {"port": port, "bind": "127.0.0.1", "dir": home, "save": "", "requirepass": PASSWORD}
        command = [program, *[word for key, value in options.items() for word in (f"--{key}", str(value))]]
        with running(command, port, cwd=home):
            yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"


def main(command):
    """The exit code of a command that finds both servers in its environment."""
    with postgres() as database, redis() as store:
        return subprocess.call(command, env={**os.environ, "DATABASE_URL": database, "REDIS_URL": store})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
