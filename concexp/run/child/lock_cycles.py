"""Finds the circle of waiting threads in what a diagnostic trial recorded about its locks, and describes it in sentences.

Each process records its own threads and tasks (see `concexp.trial.diagnostics.lock_watch`). A lock of `threading` or
`asyncio` is another one in each process; a lock of `multiprocessing` is the same in all. A lock that was released by a
process in which no thread had acquired it, such as a semaphore that counts items, counts as held by no thread.
"""

from __future__ import annotations

import contextlib
import re
from ast import literal_eval
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concexp.run.storage import foreign_file
from concexp.trial.diagnostics.lock_watch.registry import FILE

Waiter = tuple[int, str]  # process id, and its thread or task
Key = tuple[int, str]  # process id (0 for a lock that all processes share), and the lock
KEY = re.compile(r"(?:shared )?(\w+) made at (.+) #(\d+)\|\d+")
LOST = "lost"
SENTENCES = 8  # at most
# What is read of a trial's folder, in which the measured code may have put anything: a record has some kilobytes.
FILES_LIMIT, FILE_LIMIT = 256, 1 << 18


@dataclass
class Holding:
    """The records of all processes together: which lock is held, taken where, and who waits for which lock, where."""

    held: dict[Key, list[tuple[Waiter, str]]] = field(default_factory=dict)
    waiting: dict[Waiter, tuple[Key, str]] = field(default_factory=dict)
    names: dict[Waiter, int] = field(default_factory=dict)
    alive: set[Waiter] = field(default_factory=set)

    def holders(self, waiter: Waiter) -> list[Waiter]:
        """The holders of the lock that this one waits for."""
        return [holder for holder, _ in self.held.get(self.waiting[waiter][0], ())]

    def circle(self) -> list[Waiter]:
        """Threads and tasks that wait for each other in a circle, each for the next; empty if there is none."""
        for start in self.waiting:
            path, seen = [start], {start}
            if self._closes(path, seen):
                return path
        return []

    def _closes(self, path: list[Waiter], seen: set[Waiter]) -> bool:
        for holder in self.holders(path[-1]):
            if holder == path[0]:
                return True
            if holder in self.waiting and holder not in seen:
                seen.add(holder)
                path.append(holder)
                if self._closes(path, seen):
                    return True
                path.pop()
        return False

    def name(self, waiter: Waiter) -> str:
        """How a sentence names a thread or task."""
        if waiter in self.names:
            return f"worker {self.names[waiter]}"
        if waiter[1] == LOST:
            return "a thread that did not come along in the fork"
        kind, _, number = waiter[1].partition(" ")
        if kind == "thread" and waiter not in self.alive:
            return "a thread that has ended"
        known = sorted(
            {other for other in self._all_waiters() if other not in self.names and other[1].startswith(kind)}
        )
        return f"{kind} {known.index(waiter) + 1}" if waiter in known else f"{kind} {number}"

    def _all_waiters(self) -> set[Waiter]:
        return set(self.waiting) | {waiter for holders in self.held.values() for waiter, _ in holders}

    def since(self, waiter: Waiter, key: Key) -> str:
        """Where a thread or task took a lock."""
        return next((place for holder, place in self.held.get(key, ()) if holder == waiter), "?")


def read(folder: Path) -> Holding | None:
    """What the processes of a trial recorded in its folder; None if there is nothing that makes sense."""
    files = []
    for path in sorted(folder.glob(f"{FILE}*"))[:FILES_LIMIT]:
        # Half a file: the process was ended while it wrote. Nonsense: the measured code has a file of that name.
        with contextlib.suppress(SyntaxError, ValueError, MemoryError, RecursionError):
            files.append(literal_eval(foreign_file.content(path, FILE_LIMIT).decode("utf-8")))
    try:
        return together(files) if files else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def together(files: Sequence[dict[str, Any]]) -> Holding:
    """Combine what each process recorded."""
    holding = Holding()
    counted = {key for file in files for key in file["released"]}
    for file in files:
        pid = file["pid"]
        holding.alive |= {(pid, one) for one in file["alive"]}
        holding.names.update({(pid, waiter): index for waiter, index in file["names"].items()})
        for key, holders in file["held"].items():
            if key not in counted:
                holding.held.setdefault(_key(pid, key), []).extend(((pid, waiter), place) for waiter, place in holders)
        holding.waiting.update(
            {(pid, waiter): (_key(pid, key), place) for waiter, (key, place) in file["waiting"].items()}
        )
    return holding


def _key(pid: int, key: str) -> Key:
    return (0 if key.startswith("shared ") else pid), key


def describe_cycle(holding: Holding | None) -> dict[str, list[str]]:
    """{"circle": a sentence for each waiter of the circle, "waits": for the other waits}; {} if nothing was recorded.

    "forked" repeats those of the waits that a fork beside a held lock made endless, if there are any.
    """
    if holding is None:
        return {}
    around = holding.circle()
    sentences = []
    for number, waiter in enumerate(around):
        key, place = holding.waiting[waiter]
        after = around[(number + 1) % len(around)]
        before = holding.waiting[around[number - 1]][0]
        if after == waiter:
            sentences.append(
                f"{holding.name(waiter)} waits at {place} for {_lock(key)}, which it holds itself, taken at "
                f"{holding.since(waiter, key)}"
            )
        else:
            sentences.append(
                f"{holding.name(waiter)} holds {_lock(before)}, taken at {holding.since(waiter, before)}, and waits at {place} for "
                f"{_lock(key)}, which {holding.name(after)} holds"
            )
    others = {waiter: _wait(holding, waiter) for waiter in holding.waiting if waiter not in around}
    forked = [sentence for waiter, sentence in others.items() if (waiter[0], LOST) in holding.holders(waiter)]
    found = {"circle": sentences[:SENTENCES], "waits": [*others.values()][:SENTENCES]}
    return {**found, "forked": forked[:SENTENCES]} if forked else found


def _wait(holding: Holding, waiter: Waiter) -> str:
    key, place = holding.waiting[waiter]
    holders = holding.held.get(key, [])
    held = (
        f"which {holding.name(holders[0][0])} holds, taken at {holders[0][1]}"
        if holders
        else "whose holder is not known"
    )
    return f"{holding.name(waiter)} waits at {place} for {_lock(key)}, {held}"


def _lock(key: Key) -> str:
    match = KEY.fullmatch(key[1])
    return f"{match[1]} #{match[3]} made at {match[2]}" if match else key[1]
