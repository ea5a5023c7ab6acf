"""The metadata of a bundle: people, licence, programs and files as an RO-Crate names them."""

import json

import pytest

from concexp.commands import crate


def graph(**more):
    """The entities of a small bundle, by id."""
    manifest = {
        "concexp": "0.2",
        "started_at": "2026-01-02T03:04:05.000Z",
        "command": "concexp run x.yaml",
        "interpreters": {"ft": {"implementation": "CPython", "version": "3.14.0"}},
        "packages": {"pandas": "3.0"},
    }
    names = ["experiment.yaml", "journal.jsonl", "code/my file.py", "figures/a.png"]
    given = {"run": "r1", "question": "Why?", "answer": ["A.", "B."], "tags": ["cpu"], "manifest": manifest}
    given |= {"sums": dict.fromkeys(names, "0" * 64), "sizes": dict.fromkeys(names, 7), **more}
    return {one["@id"]: one for one in json.loads(crate.metadata(crate.Described(**given)))["@graph"]}


def test_the_root_says_what_it_is():
    """Its question, its answer, the date of the run, its files and how it came about."""
    entities = graph()
    assert entities["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    root = entities["./"]
    assert (root["name"], root["description"], root["identifier"]) == ("Why?", "A. B.", "r1")
    assert root["datePublished"] == "2026-01-02T03:04:05.000Z"
    assert root["keywords"] == ["concurrency", "Python", "cpu"]
    assert {"@id": "code/my%20file.py"} in root["hasPart"]
    assert entities["code/my%20file.py"]["encodingFormat"] == "text/x-python"
    run = entities["#run"]
    assert run["object"] == [{"@id": "experiment.yaml"}, {"@id": "code/my%20file.py"}]
    assert run["result"] == [{"@id": "journal.jsonl"}]
    assert "endTime" not in run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", crate.NO_LICENCE),
        ("MIT", {"@id": "https://spdx.org/licenses/MIT"}),
        ("https://example.org/terms", {"@id": "https://example.org/terms"}),
        ("ask me first", "ask me first"),
    ],
)
def test_the_licence_is_what_was_given(text, expected):
    """An identifier or an address is an entity of its own."""
    entities = graph(licence=text)
    assert entities["./"]["license"] == expected
    if isinstance(expected, dict):
        assert entities[expected["@id"]]["@type"] == "CreativeWork"


def test_authors_are_people():
    """With their page, or without."""
    entities = graph(authors=["Ada Lovelace <https://orcid.org/1>", " Al ", "<https://orcid.org/2>"])
    ids = [one["@id"] for one in entities["./"]["author"]]
    assert ids == ["https://orcid.org/1", "#author-2", "https://orcid.org/2"]
    assert [entities[one]["name"] for one in ids] == ["Ada Lovelace", "Al", "https://orcid.org/2"]
    assert "author" not in graph()["./"]


def test_programs_have_their_exact_versions():
    """concexp, interpreters, what the code imported, libraries."""
    entities = graph(measured_packages={"numpy": "2.0"})
    programs = {name: one.get("version") for name, one in entities.items() if one["@type"] == "SoftwareApplication"}
    assert programs == {"#concexp": "0.2", "#python-ft": "3.14.0", "#imported-numpy": "2.0", "#library-pandas": "3.0"}
    assert {one["@id"] for one in entities["#run"]["instrument"]} == set(programs)
