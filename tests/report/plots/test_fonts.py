"""Signs that no font has are boxes, and the caption says so; a font of an installed package has them."""

import importlib.util
import shutil
from importlib.machinery import ModuleSpec
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import font_manager

from concexp import report
from concexp.errors import InputError
from concexp.report import font_files
from concexp.report.plots import _fonts, _style
from concexp.report.text.language import written_in
from tests.helpers import journal_builder

STIX = Path(mpl.get_data_path()) / "fonts/ttf/STIXGeneral.ttf"


@pytest.fixture(autouse=True)
def forgotten():
    """Which fonts there are is found out anew, before and after."""
    _fonts._families.cache_clear()
    yield
    _fonts._families.cache_clear()


@pytest.fixture
def without(monkeypatch):
    """As if the extra were not installed."""
    monkeypatch.setattr(font_files, "installed", lambda language: [])


@pytest.mark.usefixtures("without")
def test_missing_signs_are_said_with_what_brings_them():
    """Those of East Asia are in an extra; nothing brings others; of what the font has, nothing is said."""
    assert _fonts.boxes("plain, µ, ≥, ␣ and é") == ""
    assert _fonts.boxes("a\nb") == ""
    assert "pip install 'concexp[cjk]'" in _fonts.boxes("threads, 線程")
    assert _fonts.boxes("\u0915") == "Boxes stand for signs that the font of the pictures lacks."


@pytest.mark.usefixtures("without")
def test_the_page_says_it(tmp_path):
    """Below the picture."""
    cells = [journal_builder.cell(model=label, workers=2, plugins={"model": "threads"}) for label in ("線程", "plain")]
    page = report.write(journal_builder.write(tmp_path, cells, spec={"baseline": {}}), tmp_path).read_text("utf-8")
    assert "pip install 'concexp\\[cjk\\]' brings those of Chinese, Japanese and Korean.*" in page


def test_the_font_of_an_installed_package_is_used(tmp_path, monkeypatch):
    """It is found without importing the package, and signs that matplotlib's own font lacks are drawn with it."""
    font = font_files.CHINESE
    folder = tmp_path / font.package
    (folder / font.file).parent.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise AssertionError('imported')")
    shutil.copyfile(STIX, folder / font.file)
    spec = ModuleSpec(font.package, None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec if name == font.package else None)
    assert _fonts.families() == ("DejaVu Sans", "STIXGeneral")
    own = font_manager.get_font(font_manager.findfont(_fonts.OWN))
    only = next(
        chr(place) for place in sorted(font_manager.get_font(STIX).get_charmap()) if not own.get_char_index(place)
    )
    assert _fonts.boxes(f"plain {only}") == ""
    with _style.settings():
        assert mpl.rcParams["font.family"] == ["DejaVu Sans", "STIXGeneral"]
        figure = _style.figure(2)
        figure.subplots().set_title(only)
        _style.save(figure, tmp_path / "x.png")
    assert (tmp_path / "x.png").is_file()


def test_a_page_in_chinese_is_drawn_with_chinese_forms_of_the_signs():
    """The font of the extra `zh` comes before the one with Japanese forms; on an English page it is the other way round."""
    with written_in("zh"):
        assert _fonts.families()[:2] == (_fonts.OWN, "Noto Sans SC")
        assert _fonts.boxes("吞吐量：每秒操作数，95 % 置信区间（±5 %）") == ""
    assert _fonts.families()[0] == _fonts.OWN
    assert [font.extra for font in font_files.FONTS["en"]] == ["cjk", "zh"]


@pytest.mark.usefixtures("without")
def test_a_page_that_would_be_boxes_is_refused():
    """Before anything is measured, with the command that brings the font; English needs none."""
    font_files.require("en")
    with pytest.raises(InputError, match=r"pip install 'concexp\[zh\]'") as caught:
        font_files.require("zh")
    assert caught.value.exit_code == 2
