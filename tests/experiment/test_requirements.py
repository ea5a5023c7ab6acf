"""`requirements:` of an interpreter: a list, or a file with one in each line."""

import pytest

from concexp.errors import InputError
from concexp.experiment import parse_text

HEAD = "workload: cpu_sum\nmodel: serial\nsweep: {python: [%s]}\n"


def required(text, folder):
    """The requirements of the label `np`."""
    spec = parse_text(HEAD % text, str(folder / "some.yaml"))
    return spec.interpreters["np"].requirements


def refused(text, folder):
    """(message, hint) of the only problem."""
    with pytest.raises(InputError) as error:
        parse_text(HEAD % text, str(folder / "some.yaml"))
    (problem,) = error.value.problems
    return problem.message, problem.hint


def test_a_list(tmp_path):
    """As they are written, in their order."""
    found = required('{is: "3.13", requirements: [numpy==2.*, "scipy[extra]>=1, <2"], as: np}', tmp_path)
    assert (found.lines, found.written) == (("numpy==2.*", "scipy[extra]>=1, <2"), "")


def test_a_file(tmp_path):
    """Comments and empty lines are left out, lines with a backslash go on, and hashes belong to their requirement."""
    text = "# what it takes\nnumpy==2.0.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n\nscipy  # the rest\n"
    (tmp_path / "needs.txt").write_text(text)
    found = required("{is: current, requirements: needs.txt, as: np}", tmp_path)
    assert found.lines == ("numpy==2.0.0 --hash=sha256:00 --hash=sha256:11", "scipy")
    assert (found.written, found.path) == ("needs.txt", str(tmp_path / "needs.txt"))


@pytest.mark.parametrize(
    ("requirements", "words"),
    [
        ("[]", "there is no requirement"),
        ("[3]", "3 is not a requirement"),
        ('["no such thing!"]', "is not a requirement"),
        ('["-r other.txt"]', "'-r other.txt' is an option of an installer"),
        ('["--index-url x"]', "is an option of an installer"),
        ("missing.txt", "cannot read missing.txt"),
        ("{a: b}", "expected a list such as [numpy==2.*]"),
    ],
)
def test_what_cannot_be_required(tmp_path, requirements, words):
    """One problem, at its place."""
    message, _ = refused(f"{{is: current, requirements: {requirements}, as: np}}", tmp_path)
    assert words in message


def test_a_label_is_needed(tmp_path):
    """`3.13` with packages is another interpreter than `3.13`."""
    message, hint = refused('{is: "3.13", requirements: [numpy]}', tmp_path)
    assert "needs a label" in message
    assert "as: mine" in hint


def test_one_label_for_two_sets_is_refused(tmp_path):
    """They would mix their numbers."""
    text = '{is: "3.13", requirements: [numpy==1.*], as: np}, {is: "3.13", requirements: [numpy==2.*], as: np}'
    message, _ = refused(text, tmp_path)
    assert "'np' stands for two values" in message


def test_other_axes_have_none(tmp_path):
    """`requirements` is a key of interpreters alone."""
    text = "workload: cpu_sum\nmodel: serial\nsweep: {seed: [{is: 1, requirements: [numpy], as: np}]}\n"
    with pytest.raises(InputError) as error:
        parse_text(text, str(tmp_path / "some.yaml"))
    assert "requirements" in error.value.problems[0].message
