"""A Spec -> the text of a YAML that stands alone, for the folder of its run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from concexp.errors import InputError
from concexp.experiment import kept, yaml_nodes
from concexp.experiment.spec import Spec


def text_of(spec: Spec) -> str:
    """The experiment as a YAML that stands alone: as written if it does, with its name, else merged with what it extends."""
    wanted = {**_own_keys(spec.data), "name": spec.name}
    if "extends" not in spec.data:
        for text in (spec.text, f"{spec.text.rstrip()}\nname: {spec.name}\n"):
            if _means(text, wanted):
                return text
    merged = yaml.dump(wanted, Dumper=yaml_nodes.Dumper, sort_keys=False, allow_unicode=True, width=120)
    return f"# {Path(spec.path).name} as it was measured: with what it extends and what --set changed.\n{merged}"


def written(spec: Spec) -> dict[str, str]:
    """The experiment as it was written, and the files that it extends: texts by names that lead out of no folder.

    Empty where the text that stands alone is what was written, and perhaps a name.
    """
    if text_of(spec).startswith(spec.text.rstrip()) and not spec.bases:
        return {}
    return {kept.name_of(name): text for name, text in {Path(spec.path).name: spec.text, **spec.bases}.items()}


def _means(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return _own_keys(yaml_nodes.parse(text, "").plain()) == wanted
    except InputError:
        return False


def _own_keys(data: Any) -> dict[str, Any]:
    """The keys of an experiment without those that only hold anchors, and without its base."""
    return {key: value for key, value in data.items() if not key.startswith(".") and key != "extends"}
