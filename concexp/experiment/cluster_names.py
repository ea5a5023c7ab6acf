"""How a cluster is named: an address, `local:4`, or `module:function`. Nothing is imported or connected here."""

from __future__ import annotations

import re
from dataclasses import dataclass

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+")
LOCAL = re.compile(r"local:([1-9]\d{0,3})")
FACTORY = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*)")
FORMS = "tcp://host:8786 or tls://host:8786 (a scheduler), local:4 (workers on this machine), or module:function"


@dataclass(frozen=True)
class ClusterName:
    """A cluster by its name: one of an address, a number of local workers, and a function of a module that makes it."""

    address: str = ""
    workers: int = 0
    module: str = ""
    function: str = ""


def parsed(text: str) -> ClusterName:
    """The parts of a name; ValueError if it is none."""
    if ADDRESS.fullmatch(text):
        return ClusterName(address=text)
    if found := LOCAL.fullmatch(text):
        return ClusterName(workers=int(found[1]))
    if found := FACTORY.fullmatch(text):
        return ClusterName(module=found[1], function=found[2])
    raise ValueError(f"{text!r} names no cluster: {FORMS}")


def checked(text: object) -> str:
    """The name itself if it is one; ValueError if not."""
    if not isinstance(text, str):
        raise ValueError(f"a cluster is named by a text: {FORMS}")
    parsed(text)
    return text
