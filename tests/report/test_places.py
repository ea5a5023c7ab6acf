"""Pages in several languages lie beside each other in the folder of a report."""

from concexp.experiment.blocks import LANGUAGES
from concexp.report import places


def test_each_language_has_names_of_its_own():
    """English has those that repository hosts look for."""
    assert (places.page_name("en"), places.figures_name("en")) == ("README.md", "figures")
    assert (places.page_name("zh"), places.figures_name("zh")) == ("README.zh.md", "figures.zh")
    assert len({places.page_name(one) for one in LANGUAGES}) == len(LANGUAGES)


def test_pages_that_lie_there_are_found(tmp_path):
    """Those of the folder stand behind those that are wanted, each once."""
    assert places.languages_in(tmp_path) == []
    (tmp_path / "README.md").touch()
    assert places.languages_in(tmp_path) == ["en"]
    assert places.with_those_in(tmp_path, ["zh"]) == ["zh", "en"]
    (tmp_path / "README.zh.md").touch()
    assert places.with_those_in(tmp_path, []) == ["en", "zh"]


def test_the_language_of_an_experiment():
    """Experiments of older versions name none."""
    assert places.language_of({"report": {"plots": None}}) == "en"
    assert places.language_of({"report": {"language": "zh"}}) == "zh"
