"""A git repository of a test's own, with a small project in it."""

import os
import subprocess

AUTHOR = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")


class Repository:
    """A working tree; `root` is its folder."""

    def __init__(self, root):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", ".")

    def git(self, *arguments):
        """What git prints."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        command = ["git", *AUTHOR, *arguments]
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def write(self, **files):
        """Write files, by name with `__` for a slash and without their `.py`, or as given in `texts`."""
        self.texts({f"{name.replace('__', '/')}.py": text for name, text in files.items()})

    def texts(self, files):
        """Write files by their names."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def commit(self, message="more"):
        """Commit everything; the full SHA."""
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")
