"""Sleeps per second of coroutines that all wait at once: asyncio_sleeps.py TASKS NAPS SECONDS (naps of each task)."""

import asyncio
import gc
import sys
from time import perf_counter


async def sleep_often(naps, seconds):
    for _ in range(naps):
        await asyncio.sleep(seconds)


async def main(tasks, naps, seconds):
    await asyncio.gather(*[sleep_often(naps, seconds) for _ in range(tasks)])  # warm-up
    gc.collect()
    gc.freeze()
    begin = perf_counter()
    await asyncio.gather(*[sleep_often(naps, seconds) for _ in range(tasks)])
    print(tasks * naps / (perf_counter() - begin))


asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
