"""A request behind a limit."""

import asyncio


async def ask(sync, service_ms=5):
    """Wait for a permit, then for the answer."""
    async with sync:
        await asyncio.sleep(service_ms / 1000)
