"""What a bundle says about itself: the metadata of an RO-Crate, with each file, its SHA-256, and what the run was made with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from concexp.experiment import kept
from concexp.run import bundle
from concexp.run.storage import journal
from concexp.run.storage.foreign_text import json_bytes

VERSION = "1.2"  # of RO-Crate: the first whose vocabulary has `sha256`
SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
PERSON = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<page>https?://[^<>\s]+)>")
NO_LICENCE = "No licence was given: ask the authors before you use this for anything but checking the run."

INTERPRETERS = {"CPython": "https://www.python.org/", "PyPy": "https://pypy.org/"}

# What the files are, by name, else by folder.
MEANING = {
    kept.EXPERIMENT: "the experiment, a YAML that stands alone: `concexp run` asks the same question again",
    kept.RESOLVED: "the experiment with all its defaults",
    kept.MANIFEST: "the circumstances of the run: machine, interpreters, versions, settings",
    journal.NAME: "every observation, a line each; all tables and pictures are computed from it",
    "results.parquet": "a row per measured iteration",
    "cells.csv": "a row per cell, each metric with its interval",
    "diagnoses.csv": "a row per number of a diagnoser and cell, or reason why it is missing",
    "README": "the report on the run",
    kept.CODE: "the measured code",
    kept.FILES: "a file that the measured code is given",
    kept.WRITTEN: "the experiment as it was written, and what it extends",
    bundle.TRIAL_CODE: "the code of concexp that each trial executed",
    "figures": "a picture of the report",
}
FORMATS = {
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".md": "text/markdown",
    ".py": "text/x-python",
}


@dataclass(frozen=True)
class Described:
    """What a bundle's metadata are made of.

    sums, sizes   SHA-256 and bytes of each file, by its name
    authors       names, each perhaps with the address of a page about that person: `Ada Lovelace <https://orcid.org/…>`
    licence       an SPDX identifier, an address, or words; "" for none
    answer        what the run found, a sentence each
    """

    run: str
    question: str
    answer: Sequence[str]
    tags: Sequence[str]
    manifest: Mapping[str, Any]
    sums: Mapping[str, str]
    sizes: Mapping[str, int]
    authors: Sequence[str] = ()
    licence: str = ""
    measured_packages: Mapping[str, str] = field(default_factory=dict)


def metadata(described: Described) -> bytes:
    """The content of `ro-crate-metadata.json`: the same for the same run."""
    from rocrate.rocrate import ROCrate  # loads slowly, and only this needs it

    crate = ROCrate(version=VERSION)
    for entity in _contextual(described):
        _add(crate, entity)
    for name in described.sums:
        crate.add_file(dest_path=name, properties=_file(described, name))
    for name, value in _root(described).items():
        crate.root_dataset[name] = value
    return json_bytes(json.dumps(crate.metadata.generate(), indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _add(crate: Any, entity: dict[str, Any]) -> None:
    from rocrate.model.contextentity import ContextEntity

    crate.add(ContextEntity(crate, entity["@id"], properties=entity))


def _root(described: Described) -> dict[str, Any]:
    """What the whole is."""
    authors = [{"@id": person["@id"]} for person in _persons(described.authors)]
    return {
        "name": described.question,
        "description": " ".join(described.answer) or "A run of an experiment on concurrency in Python.",
        "identifier": described.run,
        "datePublished": _moment(described.manifest),
        "keywords": ["concurrency", "Python", *described.tags],
        "license": _licence(described.licence) or NO_LICENCE,
        "mainEntity": {"@id": quote(kept.EXPERIMENT)},
        "mentions": {"@id": "#run"},
        **({"author": authors} if authors else {}),
    }


def _moment(manifest: Mapping[str, Any]) -> str:
    """When the run ended, or else began: never the time of now."""
    return str(manifest.get("finished_at") or manifest.get("started_at") or "1980-01-01T00:00:00Z")


def _licence(text: str) -> dict[str, Any] | str:
    """A reference to the licence, or words."""
    address = _licence_address(text)
    return {"@id": address} if address else text


def _licence_address(text: str) -> str:
    if text.startswith(("http://", "https://")):
        return text
    return f"https://spdx.org/licenses/{text}" if SPDX.fullmatch(text) else ""


def _persons(authors: Sequence[str]) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(authors, 1):
        match = PERSON.fullmatch(text.strip())
        name, page = (match["name"], match["page"]) if match else (text.strip(), f"#author-{number}")
        yield {"@id": page, "@type": "Person", "name": name or page}


def _contextual(described: Described) -> Iterator[dict[str, Any]]:
    """Who, under which licence, with which programs, and the run itself."""
    manifest = described.manifest
    yield from _persons(described.authors)
    if address := _licence_address(described.licence):
        yield {"@id": address, "@type": "CreativeWork", "name": described.licence, "url": address}
    programs = [*_programs(described)]
    yield from programs
    yield {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"the run {described.run}",
        "description": str(manifest.get("command", "")),
        "instrument": [{"@id": program["@id"]} for program in programs],
        "object": [{"@id": quote(name)} for name in described.sums if _is_input(name)],
        "result": [{"@id": quote(journal.NAME)}],
        **{
            key: str(manifest[name])
            for key, name in (("startTime", "started_at"), ("endTime", "finished_at"))
            if name in manifest
        },
    }


def _is_input(name: str) -> bool:
    return name == kept.EXPERIMENT or PurePosixPath(name).parts[0] in (kept.CODE, kept.FILES)


def _programs(described: Described) -> Iterator[dict[str, Any]]:
    """concexp, the interpreters of the trials, what the measured code imported, and the libraries that made the report."""
    manifest = described.manifest
    yield _package("#concexp", "concexp", str(manifest.get("concexp")), "measured the trials")
    for label, facts in (manifest.get("interpreters") or {}).items():
        name = str(facts.get("implementation"))
        yield {
            **_program(f"#python-{quote(label, safe='')}", f"{name} ({label})", facts.get("version"), "ran the trials"),
            "url": INTERPRETERS.get(name, INTERPRETERS["CPython"]),
        }
    for name, version in described.measured_packages.items():
        yield _package(f"#imported-{quote(name, safe='')}", name, version, "imported by the measured code")
    for name, version in (manifest.get("packages") or {}).items():
        yield _package(f"#library-{quote(name, safe='')}", name, version, "a library of concexp")


def _package(place: str, name: str, version: str, role: str) -> dict[str, Any]:
    """An installed package; its address is a package URL, which names the version that was installed."""
    address = f"pkg:pypi/{quote(name.lower(), safe='')}@{quote(version, safe='')}"
    return {**_program(place, name, version, role), "url": address}


def _program(place: str, name: str, version: Any, role: str) -> dict[str, Any]:
    about = {"@id": place, "@type": "SoftwareApplication", "name": name, "description": role}
    return {**about, "version": str(version or "unknown")}


def _file(described: Described, name: str) -> dict[str, Any]:
    """What a file is."""
    parts = PurePosixPath(name).parts
    return {
        "name": name,
        "description": MEANING.get(name) or MEANING.get(parts[0].partition(".")[0], "a part of the run"),
        "encodingFormat": FORMATS.get(PurePosixPath(name).suffix, "application/octet-stream"),
        "contentSize": str(described.sizes[name]),
        bundle.SUM: described.sums[name],
    }
