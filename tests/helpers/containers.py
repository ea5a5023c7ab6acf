"""Runs a command as in a bare container: a user that the system does not know, no home, no git, and next to no shared memory."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UID = 12345  # without an entry in /etc/passwd
TMPDIR_LENGTH = 90
ROOT = Path(__file__).parents[2]
# $1: a folder that is hidden and opened again; the others are shown in it. Then: a small /dev/shm, and a command of the user's.
SCRIPT = """\
set -e
hidden=$1 kept=$2 uid=$3; shift 3
mount -t tmpfs -o size=64k,mode=1777 tmpfs /dev/shm
if [ -n "$hidden" ]; then
    aside=$(mktemp -d)
    mount --bind "$kept" "$aside"
    mount -t tmpfs -o mode=755 tmpfs "$hidden"
    mkdir -p "$kept"
    mount --bind "$aside" "$kept"
    umount -l "$aside" && rmdir "$aside"
fi
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups --no-new-privs -- "$@"
"""


def why_not():
    """Why no such place can be made here, or an empty text."""
    missing = [program for program in ("unshare", "setpriv", "mount") if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} is not installed"
    if os.getuid() != 0:
        return "only root may take another user's id and mount a small /dev/shm"
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True)
    return f"no mount namespace can be made: {tried.stderr.strip()}" if tried.returncode else ""


def closed(path):
    """The first folder on the way to a path that other users may not enter; "" if there is none."""
    way = [path, *path.parents][::-1]
    return next((str(folder) for folder in way if not folder.stat().st_mode & 0o001), "")


def folders():
    """(the user's folder, a TMPDIR of 90 characters in it): new ones, which belong to that user."""
    home = Path(tempfile.mkdtemp(prefix="bare-", dir="/tmp"))
    temporary = home / ("t" * (TMPDIR_LENGTH - 1 - len(str(home))))
    temporary.mkdir()
    for folder in (home, temporary):
        os.chown(folder, UID, UID)
        folder.chmod(0o755)
    return home, temporary


def run(folder, temporary, *command, **variables):
    """Run a command in a folder as that user, with nothing but these variables; its CompletedProcess."""
    base = Path(sys.base_prefix)
    environment = {
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT),
        **variables,
    }
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", SCRIPT, "sh", closed(base), str(base), str(UID), *map(str, command)],
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
