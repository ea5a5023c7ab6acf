"""How late an event loop is while something computes, or blocks, beside it or in it."""

import asyncio
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def compute(seconds):
    """Pure Python for so long."""
    end = time.perf_counter() + seconds
    turns = 0
    while time.perf_counter() < end:
        turns += 1
    return turns


def block(seconds):
    """A call that waits and does not know of the loop, such as one of a database driver."""
    time.sleep(seconds)


def serve(how="inline", what="compute", burst_ms=20, calls=1, seconds=0.5, every_ms=1):
    """Runs an event loop that wakes up every so often, and beside it `calls` callers that call again and again.

    Returns the 99th percentile of how late it woke up, in ms, and how often it did, per second.
    """
    return asyncio.run(
        watched(how, {"compute": compute, "block": block}[what], burst_ms / 1000, calls, seconds, every_ms / 1000)
    )


async def watched(how, call, burst, calls, seconds, every):
    loop = asyncio.get_running_loop()
    if how == "process":
        pool = ProcessPoolExecutor(calls, mp_context=multiprocessing.get_context("fork"))
    else:
        pool = ThreadPoolExecutor(calls)
    await asyncio.gather(*[loop.run_in_executor(pool, time.sleep, 0.001) for _ in range(calls)])  # its workers exist
    end = loop.time() + seconds

    async def caller():
        while loop.time() < end:
            if how == "inline":
                call(burst)
                await asyncio.sleep(0)
            else:
                await loop.run_in_executor(pool, call, burst)

    callers = [asyncio.create_task(caller()) for _ in range(calls)]
    late = []
    while loop.time() < end:
        due = loop.time() + every
        await asyncio.sleep(every)
        late.append(loop.time() - due)
    await asyncio.gather(*callers)
    pool.shutdown()
    return {"lag_p99_ms": 1000 * sorted(late)[int(0.99 * len(late))], "wakeups_per_s": len(late) / seconds}
