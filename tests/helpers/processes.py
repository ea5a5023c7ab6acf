"""Processes that trials left behind."""

import os

import psutil

from concexp.run.child import process_tree


def mine():
    """The ids of living processes that have the marker of a trial of this test process, but for templates, which stay."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(process_tree.MARKER, "").startswith(f"{os.getpid()}-"):
                found.append(process.pid)
        except psutil.Error:
            continue
    return [pid for pid in found if process_tree.alive(pid) and pid not in process_tree.helpers]
