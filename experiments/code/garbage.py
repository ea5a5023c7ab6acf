"""Trees whose nodes know their parents, made and dropped: only the cyclic collector can free them."""

import gc
import resource
import time

HEAP = 200_000  # objects that stay
TREES = 2_000
NODES = 200  # of each tree


class Node:
    """A node that knows its parent: with it, it is a cycle."""

    def __init__(self, parent):
        self.parent = parent
        self.children = []
        if parent is not None:
            parent.children.append(self)


def churn():
    """Makes trees and drops them; returns the longest pause of the collector in ms, and the peak of memory in MB."""
    heap = [Node(None) for _ in range(HEAP)]
    pauses, begun = [0.0], []

    def noted(phase, _):
        if phase == "start":
            begun.append(time.perf_counter())
        else:
            pauses.append(time.perf_counter() - begun.pop())

    gc.callbacks.append(noted)
    try:
        for _ in range(TREES):
            root = Node(None)
            for _ in range(NODES):
                Node(root)
    finally:
        gc.callbacks.remove(noted)
    del heap
    return {
        "longest_pause_ms": 1000 * max(pauses),
        "collections": len(pauses) - 1,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
