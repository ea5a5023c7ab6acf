"""The journal: what was written is read, a torn end costs one trial, and any other damage is named."""

import errno
import json
import os
import shutil
import subprocess
import sys

import pytest

from concexp.errors import Damaged, EnvironmentRefused, NothingYet
from concexp.run.storage import journal

HEADER = {"run": "20250101T000000Z-00000000", "spec": {"question": "How many – and why?"}}
RECORDS = [
    {"trial": "a-0000", "wall_s": 0.1, "reason": 'a "quote", a\nbreak, × and \u2028', "answer": None},
    {"trial": "b-0000", "ops": 2**60, "tiny": 5e-324, "list": [1, [2.5, True]], "crc32": "not the real one"},
    {"trial": "c-0000", "output": ',"crc32":12}'},
]


@pytest.fixture
def path(tmp_path):
    """A journal with a header and three records."""
    path = tmp_path / journal.NAME
    with journal.Writer(path) as writer:
        writer.begin(HEADER)
        for record in RECORDS:
            writer.append(record)
    return path


def test_round_trip(path):
    """Header and records come out as they went in, in their order."""
    found = journal.read(path)
    assert found.header == {"concexp_journal": journal.VERSION, **HEADER}
    assert found.records == RECORDS
    assert found.size == path.stat().st_size


def test_any_json_reader_can_read_it(path):
    """Each line is an object of plain JSON, `trial` at its top level and `crc32` last."""
    lines = path.read_text("utf-8").split("\n")
    assert lines.pop() == ""
    assert [json.loads(line).get("trial") for line in lines] == [None, "a-0000", "b-0000", "c-0000"]
    assert {list(json.loads(line, object_pairs_hook=list))[-1][0] for line in lines} == {"crc32"}


def test_a_trial_of_many_iterations_is_kept_as_columns(tmp_path):
    """The names of its facts stand there once, each JSON reader can read them, and what is read is what was written."""
    path = tmp_path / journal.NAME
    iterations = [{"wall_s": 0.5 + n, "ops": n, "counts": {"lost": n}, "invalid": ""} for n in range(20)]
    trial = {"trial": "a-0000", "answer": {"gil": True, "iterations": iterations}}
    with journal.Writer(path) as writer:
        writer.begin(HEADER)
        writer.append(trial)
    line = path.read_bytes().splitlines()[1]
    assert line.count(b"wall_s") == 1
    assert json.loads(line)["answer"]["iterations"]["invalid"] == [""]
    (found,) = journal.read(path).records
    assert found == trial
    assert found.passes[19] == iterations[19]
    previous = journal.checksum_of(path.read_bytes().splitlines()[0])
    assert journal.encode(found, previous) == line + b"\n"


def test_iterations_that_are_no_columns_are_damage(tmp_path):
    """Columns of different lengths are no iterations: the message names the line."""
    path = tmp_path / journal.NAME
    header = journal.encode({"concexp_journal": journal.VERSION, **HEADER})
    wrong = {"trial": "a-0000", "answer": {"iterations": {"wall_s": [1.0, 2.0], "ops": [1, 2, 3]}}}
    line = journal.encode(wrong, journal.checksum_of(header[:-1]))
    last = journal.encode({"trial": "b-0000"}, journal.checksum_of(line[:-1]))
    path.write_bytes(header + line + last)
    with pytest.raises(Damaged, match=r"journal.jsonl:2: .*columns of different lengths"):
        journal.read(path)


def test_a_torn_end_costs_one_record(path):
    """Cut at any byte of its last line, the journal still gives all that stands above, and goes on from there."""
    data = path.read_bytes()
    whole = data[:-1].rindex(b"\n") + 1
    for cut in range(whole, len(data)):
        path.write_bytes(data[:cut])
        found = journal.read(path)
        assert (found.records, found.size) == (RECORDS[:2], whole)
        with journal.Writer(path) as writer:
            writer.go_on(found)
            writer.append(RECORDS[2])
        assert path.read_bytes() == data


def test_a_file_cut_anywhere_is_read_up_to_the_cut(path):
    """Cut at any byte at all, every line that is whole counts, nothing else does, and what follows is what would have."""
    data = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(data) if byte == ord("\n")]
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends)
        if not whole:
            with pytest.raises(NothingYet):
                journal.read(path)
            continue
        found = journal.read(path)
        assert (found.records, found.size) == (RECORDS[: whole - 1], ends[whole - 1])


def test_a_last_line_of_rubbish_is_a_torn_end(path):
    """What a crash left in the last line, a line break included, is dropped as well."""
    with path.open("ab") as file:
        file.write(b"\0\0\0\0\n")
    assert journal.read(path).records == RECORDS


@pytest.mark.parametrize("number", [1, 2, 3])
def test_damage_elsewhere_is_named(path, number):
    """A changed byte in any line but the last is refused, with the line's number."""
    lines = path.read_bytes().split(b"\n")
    for position in range(0, len(lines[number - 1]), 7):
        line = bytearray(lines[number - 1])
        line[position] ^= 1
        path.write_bytes(b"\n".join([*lines[: number - 1], bytes(line), *lines[number:]]))
        with pytest.raises(Damaged, match=rf"{journal.NAME}:{number}: this line is damaged"):
            journal.read(path)


def test_damage_before_a_torn_end_is_named(path):
    """Only what is torn at the very end is forgiven: the line above it has to be whole."""
    path.write_bytes(path.read_bytes().replace(b'"c-0000"', b'"d-0000"') + b'{"tri')
    with pytest.raises(Damaged, match=r":4: this line is damaged: its checksum does not fit"):
        journal.read(path)


@pytest.mark.parametrize("data", [b"", b'{"concexp_jour', b'{"concexp_journal":1,"crc32":1}\n'])
def test_a_journal_that_never_began(path, data):
    """Without a whole header there is nothing to read, and the message says what to do."""
    path.write_bytes(data)
    with pytest.raises(Damaged, match="holds no whole line") as caught:
        journal.read(path)
    assert "run it again" in caught.value.hint


@pytest.mark.parametrize(
    ("header", "says"),
    [({"concexp_journal": 99}, "version 1, but of 99"), ({"trial": "a"}, r"no journal of version 1\n")],
)
def test_another_version_is_refused(path, header, says):
    """A file that another concexp wrote, or something else did, is not taken for ours."""
    path.write_bytes(journal.encode(header) + journal.encode(RECORDS[0]))
    with pytest.raises(Damaged, match=says):
        journal.read(path)


def test_a_missing_journal_is_named(tmp_path):
    """No such file: the message names it."""
    with pytest.raises(Damaged, match="No such file"):
        journal.read(tmp_path / journal.NAME)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object()])
def test_what_json_cannot_hold_is_refused(path, value):
    """No NaN reaches the file, where other readers would stumble over it: nothing at all is written."""
    before = path.read_bytes()
    with journal.Writer(path) as writer, pytest.raises((ValueError, TypeError)):
        writer.append({"trial": "d-0000", "wall_s": value})
    assert path.read_bytes() == before


def test_a_second_writer_is_refused(path):
    """While one process writes a journal, a second one may not, and says so; afterwards it may."""
    code = "import sys, pathlib; from concexp.run.storage import journal; journal.Writer(pathlib.Path(sys.argv[1]))"
    with journal.Writer(path):
        assert journal.being_written(path)
        with pytest.raises(EnvironmentRefused, match="another concexp is writing"):
            journal.Writer(path)
        other = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
        assert "EnvironmentRefused: another concexp is writing" in other.stderr
    assert not journal.being_written(path)
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == 0


def test_a_refused_writer_changes_nothing(path):
    """Being refused leaves the file as it is, and no descriptor open."""
    before, descriptors = path.read_bytes(), len(os.listdir("/proc/self/fd"))
    with journal.Writer(path):
        for _ in range(3):
            with pytest.raises(EnvironmentRefused):
                journal.Writer(path)
    assert path.read_bytes() == before
    assert len(os.listdir("/proc/self/fd")) == descriptors


def test_a_pipe_is_no_journal(tmp_path):
    """In a folder from a stranger the journal may be a pipe: it is refused, not waited for."""
    path = tmp_path / journal.NAME
    os.mkfifo(path)
    with pytest.raises(Damaged, match="it is no regular file"):
        journal.read(path)
    assert not journal.being_written(path)


def test_a_missing_journal_is_not_being_written(tmp_path):
    """Nobody writes what is not there."""
    assert not journal.being_written(tmp_path / journal.NAME)


def test_a_full_disk_is_told(path, monkeypatch):
    """No room: exit 3, with what to do, and what was half written is taken back."""
    before = path.read_bytes()

    def no_room(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with journal.Writer(path) as writer:
        writer.go_on(journal.read(path))
        monkeypatch.setattr(os, "fsync", no_room)
        with pytest.raises(EnvironmentRefused, match="No space left on device") as caught:
            writer.append(RECORDS[0])
    assert "are kept" in caught.value.hint
    assert caught.value.exit_code == 3
    assert path.read_bytes() == before


def test_lines_name_the_line_before_them(path):
    """A whole line that was removed, doubled or moved is damage: its neighbours tell, and the message names the place."""
    header, *lines = path.read_bytes().splitlines(keepends=True)
    lines += [journal.encode({"trial": "d-0000"}, journal.checksum_of(lines[-1][:-1]))]
    removed = [header, lines[0], *lines[2:]]
    doubled = [header, lines[0], lines[0], *lines[1:]]
    swapped = [header, lines[1], lines[0], *lines[2:]]
    for found, number in ((removed, 3), (doubled, 3), (swapped, 2)):
        path.write_bytes(b"".join(found))
        with pytest.raises(Damaged, match=rf":{number}: .*not written after the line above it"):
            journal.read(path)


def test_lines_that_name_no_line_before_them_are_read(path):
    """Journals of version 0.1 have no chain: they are read, and a run goes on in them."""
    path.write_bytes(b"".join(map(journal.encode, [{"concexp_journal": 1, **HEADER}, *RECORDS[:2]])))
    with journal.Writer(path) as writer:
        writer.go_on(journal.read(path))
        writer.append(RECORDS[2])
    assert journal.read(path).records == RECORDS


def replace_it(path):
    """What `git stash pop`, `sed -i`, an editor and rsync do: a new file takes the name."""
    new = path.with_name("new")
    new.write_bytes(path.read_bytes()[:-1])
    new.replace(path)


def move_it(path):
    path.rename(path.with_name("elsewhere"))


def delete_it(path):
    path.unlink()


def delete_its_folder(path):
    shutil.rmtree(path.parent)


def link_to_a_copy(path):
    copy = path.with_name("copy")
    path.rename(copy)
    path.symlink_to(copy)


@pytest.mark.parametrize("attack", [replace_it, move_it, delete_it, delete_its_folder, link_to_a_copy])
def test_a_journal_that_is_taken_away_is_noticed(tmp_path, attack):
    """The next trial ends the run, and all trials before it are in a file that the message names; moved back, they go on."""
    path = tmp_path / "runs" / "20250101T000000Z-0" / journal.NAME
    path.parent.mkdir(parents=True)
    with journal.Writer(path) as writer:
        writer.begin(HEADER)
        writer.append(RECORDS[0])
        attack(path)
        with pytest.raises(EnvironmentRefused) as caught:
            writer.append(RECORDS[1])
    assert caught.value.exit_code == 3
    (copy,) = tmp_path.rglob("*.kept.jsonl")
    assert str(copy) in caught.value.message
    path.parent.mkdir(exist_ok=True)
    copy.replace(path)
    found = journal.read(path)
    assert found.records == RECORDS[:1]
    with journal.Writer(path) as writer:
        writer.go_on(found)
        writer.append(RECORDS[1])
    assert journal.read(path).records == RECORDS[:2]


def test_a_line_in_which_the_journal_is_taken_away_is_kept(path, monkeypatch):
    """If that happens while a line is being written, that line is in the copy, too."""
    fsync = os.fsync

    def then_replace(descriptor):
        fsync(descriptor)
        if path.exists():
            path.unlink()

    with journal.Writer(path) as writer:
        writer.go_on(journal.read(path))
        monkeypatch.setattr(os, "fsync", then_replace)
        with pytest.raises(EnvironmentRefused, match="was deleted or moved"):
            writer.append({"trial": "d-0000"})
    copy = path.parent.with_name(f"{path.parent.name}.kept.jsonl")
    assert journal.read(copy).records == [*RECORDS, {"trial": "d-0000"}]


@pytest.mark.parametrize("size", [0, 100])
def test_a_journal_that_is_cut_is_noticed(path, size):
    """Another program that writes into the file itself, or empties it, ends the run at the next trial."""
    with journal.Writer(path) as writer:
        writer.go_on(journal.read(path))
        os.truncate(path, size)
        with pytest.raises(EnvironmentRefused, match="was changed by another program") as caught:
            writer.append({"trial": "d-0000"})
    assert "measures the others again" in caught.value.hint


@pytest.mark.parametrize("text", ["caf\udce9.txt", "\ud800", "\udfff\ud800", "\U0001f600 \ud83d"])
def test_text_that_no_file_can_hold_is_recorded(path, text):
    """Half a surrogate pair, in a value or a key, is written as Python shows it; the journal stays readable."""
    shown = text.encode("utf-8", "backslashreplace").decode()
    with journal.Writer(path) as writer:
        writer.go_on(journal.read(path))
        writer.append({"trial": "d-0000", "reason": text, text: [text]})
    assert journal.read(path).records[-1] == {"trial": "d-0000", "reason": shown, shown: [shown]}
    json.loads(path.read_bytes().splitlines()[-1])


def test_begin_throws_away_a_torn_header(path):
    """A run that was killed while it wrote its header begins anew in the same file."""
    path.write_bytes(b'{"concexp_jour')
    with journal.Writer(path) as writer:
        writer.begin(HEADER)
    assert journal.read(path).records == []
