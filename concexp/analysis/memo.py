"""What is computed once for each run, or for each view of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, TypeVar


class Remembers(Protocol):
    """What a function's result can be kept with."""

    @property
    def memo(self) -> dict[Callable[..., Any], Any]:
        """The results, by the function."""


R = TypeVar("R", bound=Remembers)
T = TypeVar("T")


def once(build: Callable[[R], T]) -> Callable[[R], T]:
    """Keeps what `build(one)` returns with the one that it is about, for all who ask again."""

    @wraps(build)
    def built(one: R) -> T:
        if build not in one.memo:
            one.memo[build] = build(one)
        return one.memo[build]  # type: ignore[no-any-return]

    return built
