"""Removes a folder in which measured code may have made anything: folders thousands deep, or without permissions."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> str:
    """Remove a folder with all that is in it; returns why something of it is still there, "" if nothing is.

    A folder within it is moved up before it is emptied, so that neither the length of a path nor the number of open files
    grows with the depth. Links are removed, not followed.
    """
    problem = ""
    try:
        top = _opened(str(path))
        try:
            problem = _emptied(top)
        finally:
            os.close(top)
        os.rmdir(path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return problem or _told(error)
    return ""


def _told(error: OSError) -> str:
    return f"{error.strerror}: {error.filename}"


def _emptied(top: int) -> str:
    """Empty the folder with descriptor `top`; returns the first problem."""
    problem = ""
    waiting = os.listdir(top)
    mark = secrets.token_hex(8)  # of folders that were moved up: no name that is there already
    moved = 0
    while waiting:
        name = waiting.pop()
        try:
            if not _is_folder(name, top):
                os.unlink(name, dir_fd=top)
                continue
            inside = _opened(name, top)
            try:
                for inner in os.listdir(inside):
                    if not _is_folder(inner, inside):
                        os.unlink(inner, dir_fd=inside)
                        continue
                    os.close(_opened(inner, inside))  # a folder can be moved only if it may be written
                    moved += 1
                    os.rename(inner, f"{mark}-{moved}", src_dir_fd=inside, dst_dir_fd=top)
                    waiting.append(f"{mark}-{moved}")
            finally:
                os.close(inside)
            os.rmdir(name, dir_fd=top)
        except OSError as error:
            problem = problem or _told(error)
    return problem


def _is_folder(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)


def _opened(name: str, parent: int | None = None) -> int:
    """The descriptor of a folder, which its owner may read and write from now on."""
    if os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode & 0o700 != 0o700:
        os.chmod(name, 0o700, dir_fd=parent)
    return os.open(name, FOLDER, dir_fd=parent)
