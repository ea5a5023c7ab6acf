"""The list of a folder's experiments: what they ask, their tags, and how long they take."""

from pathlib import Path

from concexp.commands import experiment_list

SIMULATED = "model: {simulated: {serial: 10%}}\nmeasure: {repetitions: 2}\nload: {ops: 4, scaling: strong}\n"
FILES = {
    "a.yaml": f"workload: cpu_sum\n{SIMULATED}tags: [gil, cpu]\nquestion: Fast?\n",
    "b.yml": f"workload: sleep\n{SIMULATED}tags: io\n",
    "common.yaml": SIMULATED,
    "d.yaml": "extends: common.yaml\nworkload: sleep\n",
    "z.yaml": "workload: cpu_sum\nmodel: thread\n",
}


def test_the_list(tmp_path, monkeypatch):
    """Name, question, tags and time; what is not valid says why; what only others extend is left out."""
    monkeypatch.chdir(tmp_path)
    folder = Path("experiments")
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    rows = experiment_list.listed(None, (), Path("reports"))
    assert [(row["name"], row["question"], row["tags"]) for row in rows] == [
        ("a", "Fast?", ["gil", "cpu"]), ("b", "b", ["io"]), ("d", "d", []), ("", "", []),
    ]  # fmt: skip
    assert all(row["time"] and row["seconds"] >= 0 for row in rows[:3])
    assert [row["name"] for row in experiment_list.listed(folder, ["io"], Path("reports"))] == ["b"]
    header, first, *_, last = experiment_list.listed_text(rows).splitlines()
    assert header.split() == ["name", "time", "tags", "question"]
    assert first.startswith("a ")
    assert first.endswith("gil, cpu  Fast?")
    assert "not valid: model: there is no model 'thread'" in last
