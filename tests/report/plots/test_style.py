"""What all pictures share: places of labels and marks, and kinds of axes."""

import itertools

import pytest

from concexp.report.plots import _style


def test_labels_keep_apart():
    """Labels keep their distance and their order, and stay where they were wanted if there is room."""
    wanted = [0.5, 0.5, 0.1, 0.52, 0.9]
    found = _style.apart(wanted, [0.1] * 5)
    assert found[2] == pytest.approx(0.1)
    assert found[4] == pytest.approx(0.9)
    assert sum(found[i] for i in (0, 1, 3)) == pytest.approx(0.5 + 0.5 + 0.52)
    for low, high in itertools.pairwise(sorted(found)):
        assert high - low >= 0.1 - 1e-9
    assert found[0] < found[1] < found[3]
    assert _style.apart([0.5, 0.5], [0.2, 0.4]) == pytest.approx([0.35, 0.65])
    assert _style.apart([], []) == []


def test_titles_are_whole_clauses_in_two_lines():
    """As many clauses as there is room for; of one that is too long the beginning."""
    assert _style.title_lines("") == []
    assert _style.title_lines("a is best") == ["a is best"]
    long = "; ".join(f"model_{k} is as good as another of the same name" for k in range(9))
    assert _style.title_lines(long) == [
        "model_0 is as good as another of the same name; model_1 is as good as",
        "another of the same name; model_2 is as good as another of the same name",
    ]
    assert _style.title_lines(f"{'a ' * 36}b 35 %")[-1] == "35\u00a0%"
    assert _style.title_lines("word " * 99)[-1].endswith("…")
    assert _style.title_lines(f"{'word ' * 29}(9 of 10 conditions)")[-1].endswith(
        "word"
    )  # what is in brackets goes first


@pytest.mark.parametrize(
    ("most", "text"),
    [(40, "code/work.py:parse · fast"), (24, "work.py:parse · fast"), (15, "parse · fast"), (9, "par… fast")],
)
def test_a_function_loses_its_folder_first(most, text):
    """What tells one function from another is its name; the middle of it is the last that goes."""
    assert _style.short("code/work.py:parse · fast", most) == text


@pytest.mark.parametrize(
    ("values", "wide"), [([1, 25], True), ([1, 15], False), ([0, 100], False), ([-1, 50], False), ([], False)]
)
def test_logarithmic_only_where_needed(values, wide):
    """A logarithmic axis is for values that span much, all of them positive."""
    assert _style.is_wide(values) == wide


def test_lines_of_chinese_are_broken_between_signs():
    """A sign is as wide as two letters; words stay whole, and no line begins with a mark that ends a phrase."""
    text = "processes 最佳，速度是 serial 的 2.0 倍（2 个工作者），比 serial 快 95 %；threads 没有提升"
    lines = _style.wrapped(text, 20)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(map(_style.width, lines)) <= 22
    assert not any(line[0] in "，。；：、）%" for line in lines)
    assert any("processes" in line for line in lines)
    assert _style.wrapped("one two three", 8) == ["one two", "three"]


def test_titles_in_chinese_fit_the_picture():
    """As many clauses as there is room for, in two lines."""
    clause = "processes 最佳，速度是 serial 的 2.0 倍"
    assert _style.title_lines(f"{clause}；threads 没有提升。") == [f"{clause}；threads 没有提升"]
    lines = _style.title_lines("；".join([clause] * 9))
    assert len(lines) == 2
    assert all(_style.width(line) <= _style.TITLE_LETTERS + 2 for line in lines)
    assert _style.title_lines("字" * 200)[-1].endswith("…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("code/documents.py:render_all_of_the_pages", "render_all_of_the_pages"),
        ("background.workers 1 · background.model threads", "workers 1 · model threads"),
        ("version 3.14 of a.b", "version 3.14 of a.b"),
        ("a word that is as long as two of the others", "a word that is…o of the others"),
    ],
)
def test_what_is_too_long_loses_what_tells_least(text, shown):
    """A function its file and an axis what it belongs to, before the middle of a text is left out."""
    assert _style.short(text, 30) == shown


def test_names_of_vertical_axes_are_broken_at_blanks():
    """In lines that fit beside the axis."""
    assert _style.upright("speedup over workers 1, interval 5ms, ×", 1.5) == "speedup over workers\n1, interval 5ms, ×"
