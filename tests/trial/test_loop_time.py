"""What an event loop did with its time: real loops, real waits."""

import asyncio
import time

from concexp.trial import loop_time


def test_the_wait_of_a_selector_is_counted_and_left_alone_afterwards():
    """A sleep of 50 ms is waited for in the selector, a blocking one is not; then the selector is as it was."""
    loop = asyncio.new_event_loop()
    before = loop._selector.select
    for sleep, waits in ((asyncio.sleep, True), (blocking_sleep, False)):
        end = loop_time.watch_selector(loop)
        loop.run_until_complete(sleep(0.05))
        assert (end() > 0.03e9) is waits
    assert loop._selector.select == before
    loop.close()


async def blocking_sleep(seconds):
    time.sleep(seconds)


def test_a_loop_without_a_selector_is_not_watched():
    """uvloop has none in Python."""
    assert loop_time.watch_selector(object()) is None
