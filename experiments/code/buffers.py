"""A fast producer, a queue, and a consumer that takes its time."""

import asyncio
import multiprocessing
import queue
import threading
import time

clock = time.perf_counter  # of the machine, not of the process: what one process notes another can read


def stream(between="threads", places=1, items=200, service_ms=1):
    """Passes items through a queue with so many places; returns items/s, and the 99th percentile of their waits in ms.

    An item waits from the moment at which the producer has it until the consumer takes it.
    """
    service = service_ms / 1000
    begin = clock()
    if between == "coroutines":
        waits = asyncio.run(through_coroutines(places, items, service))
    else:
        waits = through_workers(between, places, items, service)
    spent = clock() - begin
    return {"items_per_s": items / spent, "wait_p99_ms": 1000 * sorted(waits)[int(0.99 * items)]}


def produce(channel, items):
    for _ in range(items):
        channel.put(clock())


def through_workers(between, places, items, service):
    if between == "threads":
        channel = queue.Queue(places)
        producer = threading.Thread(target=produce, args=(channel, items))
    else:
        context = multiprocessing.get_context("fork")
        channel = context.Queue(places)
        producer = context.Process(target=produce, args=(channel, items))
    producer.start()
    waits = []
    for _ in range(items):
        waits.append(-channel.get() + clock())
        time.sleep(service)
    producer.join()
    return waits


async def through_coroutines(places, items, service):
    channel = asyncio.Queue(places)

    async def put_all():
        for _ in range(items):
            await channel.put(clock())

    producer = asyncio.create_task(put_all())
    waits = []
    for _ in range(items):
        waits.append(-await channel.get() + clock())
        await asyncio.sleep(service)
    await producer
    return waits
