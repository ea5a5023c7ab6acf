"""`--junit` and `--summary-file`: found out early, appended, and never above the limit."""

import pytest

from concexp.commands.check import Check
from concexp.commands.outputs import Outputs, append
from concexp.errors import EnvironmentRefused, InputError


def test_a_place_that_cannot_be_written_is_found_out_first(tmp_path):
    """A folder is no file; a missing folder is made."""
    with pytest.raises(InputError, match=r"--junit: .* is a folder"):
        Outputs(tmp_path, None, Check.off)
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentRefused, match="cannot write"):
        Outputs(None, tmp_path / "file/summary.md", Check.off)
    assert Outputs(tmp_path / "new/x.xml", None, Check.off).wanted
    assert not Outputs(None, None, Check.off).wanted
    assert (tmp_path / "new").is_dir()


def test_a_summary_is_added_behind_what_others_wrote(tmp_path):
    """A gap between them makes it a paragraph of its own."""
    path = tmp_path / "new/summary.md"
    append(path, ["### first"])
    append(path, ["### second", "text"])
    assert path.read_text() == "### first\n\n### second\n\ntext\n"


def test_a_summary_stays_below_the_limit(tmp_path):
    """What does not fit is left out between blocks; where nothing fits, nothing is added."""
    path = tmp_path / "summary.md"
    append(path, ["a" * 100], limit=300)
    append(path, ["b" * 50, "c" * 400], limit=300)
    text = path.read_text()
    assert len(text) <= 300
    assert "b" * 50 in text
    assert text.endswith("More was left out here: the page of the run has all of it.\n")
    for _ in range(3):
        append(path, ["d" * 400], limit=300)
    assert len(path.read_bytes()) <= 300
