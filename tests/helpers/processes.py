"""Processes that trials have left."""

import os

import psutil

from concexp.run.child import process_tree


def mine():
    """Processes that carry a trial's marker of this test process."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(process_tree.MARKER, "").startswith(f"{os.getpid()}-"):
                found.append(process.pid)
        except psutil.Error:
            continue
    return [pid for pid in found if process_tree.alive(pid)]
