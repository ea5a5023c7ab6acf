"""Verdicts as JUnit XML: nothing that is open is shown as passed, and any text can stand there."""

import xml.etree.ElementTree as ET

import pytest

from concexp.commands.check import Check
from concexp.commands.junit import Suite, write
from concexp.errors import EnvironmentRefused
from concexp.report.checked import Checked

CHECKED = [
    Checked("claims", "it is quick", "supported", "throughput > 1: supported\n1,000 > 1"),
    Checked("claims", "it is slow", "refuted", "throughput < 1: refuted\n1,000 < 1"),
    Checked("claims", "it is so so", "inconclusive", "1.0 > 1.0, 60 % sure"),
    Checked("claims", "elsewhere", "not judged", "its condition does not hold"),
    Checked("versions", "f: worktree", "regression", "14 % slower (12–15 %), relative to main"),
    Checked("versions", "g: worktree", "passed", "no difference"),
    Checked("trials", "all trials end as expected", "ended badly", "f: failed: \x1b[31mValueError\ufffe\udc80"),
]


def cases(path, check=Check.not_refuted):
    """What a file has for each verdict: the tag of the result, "" for passed; the file itself is read by another library."""
    write(path, [Suite("x", CHECKED, {"run": "reports/x"}, 2.5)], check)
    (suite,) = ET.parse(path).getroot()
    found = {case.get("name"): [one.tag for one in case] for case in suite.iter("testcase")}
    return suite, {name: tags[0].replace("system-out", "") for name, tags in found.items()}


def test_each_verdict_has_what_junit_has_for_it(tmp_path):
    """Failures with their figures, trials that ended badly as errors, the open ones skipped with the reason."""
    suite, found = cases(tmp_path / "new/verdicts.xml")
    assert list(found.values()) == ["", "failure", "skipped", "skipped", "failure", "", "error"]
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "7", "failures": "2", "errors": "1", "skipped": "2", "time": "2.5"}
    (refuted,) = suite.findall("testcase[@name='it is slow']/failure")
    assert refuted.get("message") == "refuted: throughput < 1: refuted"
    assert refuted.text == CHECKED[1].text
    (still_open,) = suite.findall("testcase[@name='it is so so']/skipped")
    assert still_open.get("message") == "inconclusive: 1.0 > 1.0, 60 % sure"
    assert {case.get("classname") for case in suite.iter("testcase")} == {
        "concexp.x.claims", "concexp.x.versions", "concexp.x.trials"
    }  # fmt: skip
    assert suite.find("properties/property").attrib == {"name": "run", "value": "reports/x"}


def test_with_strict_what_is_open_fails(tmp_path):
    """The file says what the exit code says."""
    _, found = cases(tmp_path / "x.xml", Check.supported)
    assert [found["it is so so"], found["elsewhere"]] == ["failure", "failure"]


def test_without_a_check_the_verdicts_are_the_same(tmp_path):
    """A refuted claim is shown as such whether or not it makes the exit code 1."""
    assert cases(tmp_path / "x.xml", Check.off)[1] == cases(tmp_path / "y.xml")[1]


def test_what_xml_cannot_hold_is_shown(tmp_path):
    """Control characters and halves of surrogates, as Python writes them."""
    suite, _ = cases(tmp_path / "x.xml")
    assert suite.find(".//error").text == "f: failed: \\x1b[31mValueError\ufffd\\udc80"


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    """With the path and what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentRefused, match="cannot write"):
        write(tmp_path / "file/x.xml", [], Check.off)
