"""What short trials showed of a function -> what kind of work it is, in words. Pure.

Two numbers hold beside other programs as well: the CPU time of threads together, which the GIL limits to one CPU however many
there are, and the time that they waited for a CPU, which is no wait of the function's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from concexp.report.text.language import listed, message, say

BUSY, IDLE = 0.8, 0.2  # share of its time on a CPU from which a function computes, and up to which it waits
ONE_CPU = 1.15  # CPUs that threads under the GIL can use, with what is measured beside them
STARVED = 0.75  # CPUs below which threads that compute got too few to say anything
# CPUs that PROBED threads use or wait for: one that wants the GIL wakes up for it now and then, and one that needs none wants all.
FEW, MANY = 2.2, 3.2
GAINS = 1.3  # times one worker's speed: less is no gain
# A result that is worth a word: its size, and what sending takes of a call.
LARGE_BYTES, LARGE_SHARE = 64 << 10, 0.25
PROBED = 4  # threads or coroutines together


class Kind(StrEnum):
    """What calls of a function do with their time, as a person would say it."""

    holds = message("computes and holds the GIL")
    releases = message("computes in code that releases the GIL")
    free = message("computes, and there is no GIL")
    computes = message("computes; whether it holds the GIL is not known")
    waits = message("waits, and blocks its thread meanwhile")
    awaits = message("waits asynchronously")
    blocks = message("a coroutine function that blocks its event loop")
    mixed = message("computes and waits in turn")
    shares = message("waits for a lock or something else that its calls share")


@dataclass(frozen=True)
class Facts:
    """What the trials of one function showed; times are seconds of one call.

    form      what it is: function, coroutine function, class …
    op_s      a call alone, without the wait for a CPU
    busy      the share of it on a CPU
    used      CPUs that PROBED threads used; None where they could not run
    wanted    the same with what waited for a CPU
    gain      their speed as a multiple of one worker's; `loop_gain` that of as many coroutines
    blocks    whether a call waits without leaving the event loop to others
    result    bytes of a returned value as a pickle; None where it cannot be pickled
    sending   CPU seconds that handing a call to another process and its value back takes
    refused   why no pool of processes can run it; "" where one can
    gil       whether the interpreter has a GIL
    locks     locks of its module that it uses
    """

    form: str
    op_s: float
    busy: float
    used: float | None = None
    wanted: float | None = None
    gain: float | None = None
    loop_gain: float | None = None
    blocks: bool = False
    result: float | None = None
    sending: float | None = None
    refused: str = ""
    gil: bool = True
    locks: tuple[str, ...] = ()

    @property
    def awaited(self) -> bool:
        """Whether a call is awaited."""
        return self.form.startswith(("coroutine", "asynchronous"))

    @property
    def kind(self) -> Kind:
        """What kind of work it is."""
        if self.busy >= BUSY:
            return self._computing()
        if self.awaited and self.blocks:
            return Kind.blocks
        if self.awaited and (self.loop_gain or 0.0) >= GAINS:
            return Kind.awaits
        if self._is_held_up:
            return Kind.shares
        return Kind.mixed if self.busy > IDLE else Kind.waits

    def _computing(self) -> Kind:
        used, wanted = self.used or 0.0, self.wanted or 0.0
        if used > ONE_CPU or (used >= STARVED and wanted > MANY):
            return Kind.releases if self.gil else Kind.free
        if self.locks:
            return Kind.shares
        return Kind.holds if used >= STARVED and wanted < FEW else Kind.computes

    @property
    def _is_held_up(self) -> bool:
        """Whether threads gain nothing although neither a CPU nor the GIL is what they wait for."""
        return self.gain is not None and self.gain < GAINS and (self.wanted or 0.0) < BUSY

    @property
    def has_large_results(self) -> bool:
        """Whether sending results between processes takes a good part of a call."""
        if self.result is None or self.sending is None or self.result < LARGE_BYTES:
            return False
        return self.sending > LARGE_SHARE * self.op_s

    @property
    def sent(self) -> bool:
        """Whether the measurement has to send results: where they are large, or cannot be sent at all."""
        return self.has_large_results or bool(self.refused)

    @property
    def traits(self) -> list[str]:
        """What else matters, in words."""
        found = []
        if self.has_large_results:
            size = f"{(self.result or 0) / 1e6:.2g}"
            found.append(say("its results are large to send ({size} MB pickled)", size=size))
        if self.refused:
            found.append(say("no pool of processes can take it"))
        return found

    @property
    def evidence(self) -> str:
        """What the kind rests on."""
        share, took = f"{100 * self.busy:.0f}", _seconds(self.op_s)
        parts = [say("{share} % of {duration} a call on a CPU", share=share, duration=took)]
        if self.used is not None and self.gain is not None:
            parts.append(
                say(
                    "{count} threads used {cpus} CPUs and were {gain}x as fast as one",
                    count=PROBED,
                    cpus=f"{self.used:.2f}",
                    gain=f"{self.gain:.2f}",
                )
            )
        if self.loop_gain is not None:
            gain = f"{self.loop_gain:.2f}"
            parts.append(say("{count} coroutines {gain}x as fast as one", count=PROBED, gain=gain))
        return listed(parts)

    @property
    def warnings(self) -> list[str]:
        """What to beware of with work of this kind."""
        found = []
        if self.refused:
            found.append(self.refused)
        if self.locks:
            found.append(
                say(
                    "{locks} is shared by threads only: each process has a copy, so check that what it guards need not be "
                    "shared",
                    locks=listed(self.locks),
                )
            )
        elif self.kind is Kind.shares:
            found.append(say("what its calls wait for together may be another thing in each process"))
        if self.kind is Kind.blocks:
            found.append(say("nothing else runs in an event loop while it blocks: await, or use asyncio.to_thread"))
        if self.kind is Kind.computes:
            found.append(
                say("the machine gave too few CPUs to see whether it holds the GIL: try again when it is quiet")
            )
        return found


def _seconds(seconds: float) -> str:
    for factor, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= factor:
            return f"{seconds / factor:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"
