"""Types of the kit, for authors of plug-ins: not staged, so that a child loads none of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concexp.trial.placement import Setting
from concexp.trial.plugin import Ends, Model, Plugin, Probe, Sync, Watcher, Workload, _Load, _Work

__all__ = [
    "DryTools",
    "Ends",
    "Job",
    "Kit",
    "Model",
    "Plugin",
    "Probe",
    "Sync",
    "Tools",
    "Unsupported",
    "Watcher",
    "WorkerDied",
    "WorkerView",
    "Workload",
    "background_refusal",
    "form_of",
    "how_it_ended",
    "loop_name",
    "name_of",
    "unsupported",
]

class Unsupported(Exception): ...
class WorkerDied(Exception): ...

def how_it_ended(code: int) -> str: ...
def name_of(plugin: Plugin) -> str: ...
def loop_name(loop: Callable[[int, int], int]) -> str: ...

class Tools:
    owner: str
    factories: Mapping[str, Callable[..., Any]]
    array: Callable[[int], Any]
    asynchronous: bool
    folder: str
    workers: int
    pids: list[int]
    def __init__(
        self,
        owner: str,
        factories: Mapping[str, Callable[..., Any]],
        array: Callable[[int], Any],
        asynchronous: bool = False,
        folder: str = "",
        workers: int = 1,
    ) -> None: ...
    def manager(self) -> Any: ...
    def at_end(self, function: Callable[[], Any]) -> None: ...
    def end(self) -> None: ...
    def make(self, name: str, *arguments: Any, **named: Any) -> Any: ...

class DryTools(Tools): ...

class WorkerView:
    index: int
    workers: int
    sync: Any
    shared: Any
    folder: str
    first: int
    own: Any
    batch: int
    source: Any
    watchers: Sequence[Watcher]
    setting: Setting | None
    place: int
    task: _Work | None
    def __init__(
        self,
        index: int,
        workers: int,
        sync: Any,
        shared: Any,
        folder: str,
        source: Any = None,
        watchers: Sequence[Watcher] = (),
    ) -> None: ...
    def take_place(self, notes: bool = ...) -> None: ...
    def pin(self) -> None: ...
    def changes(self) -> list[tuple[str, str, str]]: ...

class Kit:
    tools: Tools
    sync: Sync | None
    primitive: Any
    workers: int
    folder: str
    ops: int | None
    pace: Mapping[str, float]
    def __init__(
        self,
        tools: Tools,
        sync: Sync | None,
        primitive: Any,
        workers: int,
        folder: str,
        ops: int | None = None,
        pace: Mapping[str, float] | None = None,
    ) -> None: ...
    def rounds(self, loop: Callable[[int, int], int], seconds: float) -> float: ...
    def new_primitive(self, capacity: int = 0) -> Any: ...
    def pair(self) -> tuple[Ends, Ends]: ...

def form_of(workload: Workload) -> str: ...
def lacks(plugin: Plugin) -> str: ...
def package_missing(name: str, packages: Sequence[str], pip: str | None = None) -> str: ...
def unsupported(workload: Workload, model: Model, sync: Sync | None, workers: int, load: _Load) -> str: ...
def background_refusal(workload: Workload, model: Model, workers: int) -> str: ...

class Job:
    workload: Workload
    workers: int
    sync: Any
    shared: Any
    folder: str
    source: Any
    probes: Sequence[Probe]
    setting: Setting | None
    def __init__(
        self,
        workload: Workload,
        workers: int,
        sync: Any,
        shared: Any,
        folder: str,
        source: Any = None,
        probes: Sequence[Probe] = (),
        setting: Setting | None = None,
    ) -> None: ...
    def me(self, index: int, place: int | None = None) -> WorkerView: ...
