"""Names of users' folders and of this machine are found in files, wherever they stand."""

import socket

from concexp.commands import traces


def test_each_file_has_a_line(tmp_path, monkeypatch):
    """With what was found in it and how often; files without any have none."""
    monkeypatch.setenv("HOME", "/data/people/bob")
    monkeypatch.setattr(socket, "gethostname", lambda: "bobs-laptop")
    (tmp_path / "a").write_text("/home/ada/x /home/ada/y /Users/al/z and /data/people/bob/q on bobs-laptop")
    found = [*traces.traces_of_a_machine({"a": tmp_path / "a", "b": b"nothing /home /usr/home/", "c": b"/root/x"})]
    assert len(found) == 2
    assert found[0].startswith("a names a user's folder or this machine: /home/ada/ (2×), ")
    assert "and 1 more" in found[0]
    assert found[1].startswith("c names a user's folder or this machine: /root/ (1×)")


def test_a_name_across_two_pieces_is_found_once(tmp_path, monkeypatch):
    """Large files are read piece by piece."""
    monkeypatch.setattr(traces, "CHUNK", 600)
    for before in range(560, 640):
        (tmp_path / "a").write_bytes(b"." * before + b"/home/ada/" + b"." * 900)
        (line,) = traces.traces_of_a_machine({"a": tmp_path / "a"})
        assert "/home/ada/ (1×)" in line, before
