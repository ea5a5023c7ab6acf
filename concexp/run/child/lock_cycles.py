"""What a diagnostic trial's processes told of their locks -> who waits for whom in a circle, in sentences. Pure, but for reading.

Each process tells of its own threads and tasks (see `concexp.trial.holding`). A lock of `threading` or `asyncio` is another
one in each process, a lock of `multiprocessing` is the same in all. Where somebody gave back what nobody in his process had
taken, as with semaphores that count items, nobody is said to hold it.
"""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concexp.trial.diagnostics.lock_watch.registry import FILE

Who = tuple[int, str]  # process id, and its thread or task
Key = tuple[int, str]  # process id (0 for a lock that is the same in all), and the lock
KEY = re.compile(r"(?:shared )?(\w+) made at (.+) #(\d+)\|\d+")
LOST = "lost"
SHOWN = 8  # sentences


@dataclass
class Holding:
    """All that was told, put together: who holds what since where, who waits for what where."""

    held: dict[Key, list[tuple[Who, str]]] = field(default_factory=dict)
    waiting: dict[Who, tuple[Key, str]] = field(default_factory=dict)
    names: dict[Who, int] = field(default_factory=dict)
    alive: set[Who] = field(default_factory=set)

    def holders(self, who: Who) -> list[Who]:
        """Whoever holds what this one waits for."""
        return [holder for holder, _ in self.held.get(self.waiting[who][0], ())]

    def circle(self) -> list[Who]:
        """Those who wait for each other in a circle, each for the next; empty if nobody does."""
        for start in self.waiting:
            path, seen = [start], {start}
            if self._closed(path, seen):
                return path
        return []

    def _closed(self, path: list[Who], seen: set[Who]) -> bool:
        for holder in self.holders(path[-1]):
            if holder == path[0]:
                return True
            if holder in self.waiting and holder not in seen:
                seen.add(holder)
                path.append(holder)
                if self._closed(path, seen):
                    return True
                path.pop()
        return False

    def name(self, who: Who) -> str:
        """How a sentence names somebody."""
        if who in self.names:
            return f"worker {self.names[who]}"
        if who[1] == LOST:
            return "a thread that did not come along in the fork"
        kind, _, number = who[1].partition(" ")
        if kind == "thread" and who not in self.alive:
            return "a thread that has ended"
        known = sorted({other for other in self._everyone() if other not in self.names and other[1].startswith(kind)})
        return f"{kind} {known.index(who) + 1}" if who in known else f"{kind} {number}"

    def _everyone(self) -> set[Who]:
        return set(self.waiting) | {who for holders in self.held.values() for who, _ in holders}

    def since(self, who: Who, key: Key) -> str:
        """Where somebody took a lock."""
        return next((place for holder, place in self.held.get(key, ()) if holder == who), "?")


def read(folder: Path) -> Holding | None:
    """What the processes of a trial wrote into its folder; None if nobody did."""
    files = []
    for path in sorted(folder.glob(f"{FILE}*")):
        try:
            files.append(literal_eval(path.read_text("utf-8")))
        except (OSError, SyntaxError, ValueError):  # it was ended while it wrote
            continue
    return together(files) if files else None


def together(files: Sequence[dict[str, Any]]) -> Holding:
    """One picture of what each process told."""
    found = Holding()
    counted = {key for file in files for key in file["released"]}
    for file in files:
        pid = file["pid"]
        found.alive |= {(pid, one) for one in file["alive"]}
        found.names.update({(pid, who): index for who, index in file["names"].items()})
        for key, holders in file["held"].items():
            if key not in counted:
                found.held.setdefault(_key(pid, key), []).extend(((pid, who), place) for who, place in holders)
        found.waiting.update({(pid, who): (_key(pid, key), place) for who, (key, place) in file["waiting"].items()})
    return found


def _key(pid: int, key: str) -> Key:
    return (0 if key.startswith("shared ") else pid), key


def describe_cycle(found: Holding | None) -> dict[str, list[str]]:
    """{"circle": sentences on who waits for whom in a circle, "waits": on the other waits}; {} where nothing was told."""
    if found is None:
        return {}
    around = found.circle()
    sentences = []
    for number, who in enumerate(around):
        key, place = found.waiting[who]
        after = around[(number + 1) % len(around)]
        before = found.waiting[around[number - 1]][0]
        if after == who:
            sentences.append(
                f"{found.name(who)} waits at {place} for {_lock(key)}, which it holds itself, taken at "
                f"{found.since(who, key)}"
            )
        else:
            sentences.append(
                f"{found.name(who)} holds {_lock(before)}, taken at {found.since(who, before)}, and waits at {place} for "
                f"{_lock(key)}, which {found.name(after)} holds"
            )
    others = [_wait(found, who) for who in found.waiting if who not in around]
    return {"circle": sentences[:SHOWN], "waits": others[:SHOWN]}


def _wait(found: Holding, who: Who) -> str:
    key, place = found.waiting[who]
    holders = found.held.get(key, [])
    held = (
        f"which {found.name(holders[0][0])} holds, taken at {holders[0][1]}"
        if holders
        else "which nobody is known to hold"
    )
    return f"{found.name(who)} waits at {place} for {_lock(key)}, {held}"


def _lock(key: Key) -> str:
    match = KEY.fullmatch(key[1])
    return f"{match[1]} #{match[3]} made at {match[2]}" if match else key[1]
