"""The committed reports in Chinese: no English is left on their pages, apart from names and from what users wrote."""

import re
from pathlib import Path

import pytest
from matplotlib.text import Text

from concexp import catalog, report
from concexp.analysis import doubt_codes, results
from concexp.experiment import keys
from concexp.report.plots import _style
from concexp.report.text.markdown import escaped

REPORTS = Path(__file__).parents[2] / "reports"
FOLDERS = sorted(page.parent for page in REPORTS.glob("*/README.md"))
WORD = r"[A-Za-z][A-Za-z'’]+"
RUN = re.compile(rf"{WORD}(?:[ ,]+{WORD})+")
# Names that stand as they are in any language: of people, programs, things in the field, and units.
NAMES = {
    "AICc",
    "AMD",
    "Amdahl",
    "Benjamini",
    "BLAS",
    "CPU",
    "CPUs",
    "CPython",
    "EPYC",
    "GCC",
    "GIL",
    "GiB",
    "Gustafson",
    "Hochberg",
    "Holm",
    "Intel",
    "Jain",
    "JIT",
    "Karp",
    "Flatt",
    "KiB",
    "Linux",
    "MiB",
    "NaN",
    "None",
    "OpenMP",
    "PyPy",
    "Python",
    "USL",
    "concexp",
    "fork",
    "install",
    "forkserver",
    "journal",
    "json",
    "parquet",
    "csv",
    "pickle",
    "pip",
    "spawn",
    "serial",
    "ns",
    "ms",
}


def names_of(run):
    """What plug-ins, keys of the YAML and labels of the experiment are called."""
    words = [name for kind in catalog.KINDS for name in catalog.names(kind)]
    words += [path.rpartition(".")[2] for path, _ in keys.everywhere()]
    words += [str(label) for cells in run.axes_by_cell.values() for pair in cells.items() for label in pair]
    words += [str(fact) for fact in run.manifest["machine"].values() if isinstance(fact, str)]
    words += [str(fact) for python in run.manifest["interpreters"].values() for fact in python.values()]
    words += doubt_codes.MEANING
    return NAMES | {part for word in words for part in re.findall(r"[A-Za-z]+", word)}


def english_on(page, run):
    """Runs of English words on a page that are no names, without code, links' targets, and what the experiment's author wrote."""
    text = re.sub(r"```.*?```", "", page, flags=re.S)
    claims = run.spec.get("claims") or ()
    for own in [run.spec["question"], *(one.get(key, "") for one in claims for key in ("says", "published", "source"))]:
        for part in (own, own.partition("http")[0].rstrip(", ")):  # an address becomes a link
            text = text.replace(escaped(part), "") if part else text
    for record in run.records:  # what an exception says is the user's, or Python's
        said = (record.get("reason") or "").partition(": ")[2].rstrip(".")
        text = text.replace(escaped(said), "") if re.match(r"[\w.]+: ", record.get("reason") or "") and said else text
    text = re.sub(r"\]\([^)]*\)|<[^>]+>|&\w+;", " ", text)
    text = re.sub(r"(`+).*?\1", " · ", text)
    names = names_of(run)
    runs = []
    for match in RUN.finditer(text.replace("\\", "")):
        words = [word for word in re.findall(WORD, match[0]) if word not in names]
        if len(words) > 1:
            runs.append(match[0])
    return runs


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """The texts in the pictures, which are laid out and not written."""
    texts = []

    def save(figure, path):
        texts.extend(text.get_text().replace("\n", "；") for text in figure.findobj(Text))
        path.parent.mkdir(exist_ok=True)
        path.touch()

    monkeypatch.setattr(_style, "save", save)
    return texts


@pytest.mark.slow
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_english_is_left(folder, tmp_path, drawn):
    """Two words of English in a row are a text that nobody translated: on the page, its alt texts, and in its pictures."""
    run = results.load(folder)
    page = report.write(run, tmp_path, "zh").read_text("utf-8")
    assert english_on(page, run) == []
    assert english_on("；".join(drawn), run) == []
    assert sum(len(re.findall("[\u4e00-\u9fff]", text)) for text in drawn) > 5
    assert len(re.findall("[\u4e00-\u9fff]", page)) > 500


def test_english_is_found():
    """On the page in English there is plenty."""
    run = results.load(REPORTS / "first_look")
    found = english_on((REPORTS / "first_look/README.md").read_text("utf-8"), run)
    assert {"Where the time goes", "How far to trust it"} <= set(found)
    assert english_on("`two words` 和 threads processes，Linux x86_64", run) == []
