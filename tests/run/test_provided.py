"""Variables and files of trials: taken from the caller, copied, linked, watched."""

import dataclasses

import pytest

from concexp.errors import EnvironmentRefused, InputError
from concexp.experiment import files, load
from concexp.run.provided import NOTHING, file_facts, provided_by, sharing

HEAD = "workload: cpu_sum\nmodel: serial\n"


@pytest.fixture
def provided(write):
    """What `environment:` and `files:` provide where the caller has these variables."""
    return lambda text, **caller: provided_by(load(write("x.yaml", HEAD + text)), caller)


def test_secrets_are_apart_from_what_is_recorded(provided):
    """Their names are facts of the run, their values reach the trial alone."""
    found = provided(
        "environment: {A: 1, B: unset, C: {from: caller}, D: {from: caller, secret: on}}", C="c", D="hush!", E="e"
    )
    assert found.facts == {"environment": {"A": "1", "B": None, "C": "c"}, "secrets": ["D"]}
    assert found.environment({"A": "2"}) == {"A": "2", "B": None, "C": "c", "D": "hush!"}
    assert "hush!" not in repr(found)


@pytest.mark.parametrize(
    ("caller", "message"),
    [
        ({}, "C is not set where this command was given"),
        ({"C": "abc"}, "C is too short to be a secret"),
        ({"C": ""}, "C is too short to be a secret"),
    ],
)
def test_what_the_caller_lacks_is_told_with_its_place(provided, caller, message):
    """And never with the value."""
    with pytest.raises(InputError) as caught:
        provided("environment: {C: {from: caller, secret: true}}", **caller)
    (found,) = caught.value.problems
    assert (message in found.message, found.line, found.column) == (True, 3, 18)
    assert "abc" not in str(found)


def test_a_default_stands_for_what_the_caller_lacks(provided):
    """It is recorded, since it stands in the YAML; a secret that the caller has is not."""
    text = "environment: {C: {from: caller, secret: on, default: 'redis://here'}}"
    assert provided(text).facts == {"environment": {"C": "redis://here"}}
    assert provided(text, C="redis://there").facts == {"secrets": ["C"]}


@pytest.mark.parametrize("address", ["postgresql://me:hush@db/x", "redis://:hush@db", "https://me:h%20h@db:1/x?y#z"])
def test_a_password_in_an_address_has_to_be_secret(provided, address):
    """It would be recorded otherwise: refused without showing it, and accepted as a secret."""
    with pytest.raises(InputError) as caught:
        provided("environment: {C: {from: caller}}", C=address)
    (found,) = caught.value.problems
    assert (found.message, found.hint) == (
        "the caller's C has a password in it, and would be recorded with the run",
        "mark it: secret: on",
    )
    assert provided("environment: {C: {from: caller, secret: on}}", C=address).facts == {"secrets": ["C"]}


@pytest.mark.parametrize("address", ["postgresql://me@db/x", "redis://db:6379/0", "http://db/a:b@c", "x:y@z"])
def test_an_address_without_a_password_is_recorded(provided, address):
    """Nothing else that looks alike is refused."""
    assert provided("environment: {C: {from: caller}}", C=address).facts == {"environment": {"C": address}}


def test_a_trial_has_copies_of_its_own(provided, write, tmp_path):
    """In a folder beside what the trial keeps for itself; changing them leaves the originals alone."""
    write("notes", "mine")
    (tmp_path / "sub/deep").mkdir(parents=True)
    write("sub/deep/run.sh", "#!").chmod(0o755)
    found = provided("files: [notes, sub]")
    with sharing(found, print) as same:
        assert same is found
    (tmp_path / "t").mkdir()
    work = found.working_folder(tmp_path / "t")
    assert work == tmp_path / "t/work"
    (work / "notes").write_text("changed")
    assert (tmp_path / "notes").read_text() == "mine"
    assert (work / "sub/deep/run.sh").stat().st_mode & 0o777 == 0o711
    assert found.kept == {"notes", "sub/deep/run.sh"}
    assert found.for_trial(False).working_folder(tmp_path) == tmp_path
    assert NOTHING.working_folder(tmp_path) == tmp_path


def test_a_large_file_is_copied_once_and_watched(provided, write, tmp_path, monkeypatch):
    """Trials find a link to the run's copy; a trial that changes it ends the run; the original is never reached."""
    monkeypatch.setattr(files, "COPY_LIMIT", 3)
    (tmp_path / "big").mkdir()
    write("big/data.bin", "12345")
    found, notes = provided("files: big"), []
    assert found.kept == set()
    assert file_facts(found)["big/data.bin"] | {"sha256": ""} == {"sha256": "", "bytes": 5, "kept": False}
    with sharing(found, notes.append) as shared:
        assert "big (0 MB) is copied once for this run" in notes[0]
        for number in "12":
            (tmp_path / number).mkdir()
            work = shared.working_folder(tmp_path / number)
            assert (work / "big").is_symlink()
            assert (work / "big/data.bin").read_text() == "12345"
        shared.check_shared()
        copy = (work / "big/data.bin").resolve()
        assert copy.stat().st_mode & 0o222 == 0
        copy.chmod(0o600)
        copy.write_text("54321")
        with pytest.raises(EnvironmentRefused, match="the measured code changed big"):
            shared.check_shared()
        (work / "big/more").touch()
        with pytest.raises(EnvironmentRefused):
            dataclasses.replace(shared).check_shared()
    assert not copy.exists()
    assert (tmp_path / "big/data.bin").read_text() == "12345"
