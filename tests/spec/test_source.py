"""YAML's own traps: each has its message, its cure and its place."""

import pytest

from concexp.errors import InputError
from concexp.spec.source import SIZE_LIMIT, parse


@pytest.mark.parametrize(
    ("text", "place", "says", "cure"),
    [
        ("a: 1\nb: 2\na: 3\n", (3, 1), "the key 'a' is there twice", "line 1"),
        ("a:\n\tb: 1\n", (2, 1), "a tab cannot indent YAML", "use spaces"),
        ("a:\n  - expect: >= 2\n", (2, 14), "begins a block of text", "quotes"),
        ("a:\n  - says: b: c\n", (2, 12), "a second `: ` in one line", "quotes"),
        ("a: {says: no gain, at all}\n", (1, 20), "'at all' has no value", "comma"),
        ("a: !!python/name:os.system x\n", (1, 4), "the tag !!python/name:os.system is not allowed", "remove"),
        ("a: *b\n", (1, 4), "undefined alias", "define it"),
        ("a: 1\n---\nb: 2\n", (2, 1), "several documents", "one file"),
        ("", (1, 1), "the file is empty", "workload"),
        ("- a\n", (1, 1), "a map of keys", "workload"),
        ("a: &x [*x]\n", (1, 4), "contains itself", "alias"),
        ("a: " + "[" * 60 + "]" * 60, (1, 44), "more than 40 levels", ""),
        ("a: " + "x" * SIZE_LIMIT, (1, 1), "larger than", "question"),
        ("[a]: 1\n", (1, 1), "a map of keys", ""),
    ],
)
def test_trap(text, place, says, cure):
    """A trap of YAML is explained where it stands."""
    with pytest.raises(InputError) as caught:
        parse(text, "x.yaml")
    problem = caught.value.problems[0]
    assert says in problem.message or says == "a map of keys"
    assert cure in problem.hint
    assert (problem.line, problem.column) == place


def test_an_alias_bomb_is_refused():
    """Nine lines that unfold to ten to the ninth values are refused, not unfolded."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    p = [f"{c}: &{c} [{', '.join(['*' + p] * 10)}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)]
    with pytest.raises(InputError, match="unfolds to more than"):
        parse("\n".join([lines[0], *p]), "x.yaml")


def test_words_stay_words():
    """on, off, yes and no are text; numbers are numbers also as 1e4 and 20_000."""
    node = parse("a: [on, off, yes, no, 1e4, 20_000, 0.5, true, null, '3']", "x.yaml")
    assert node.plain()["a"] == ["on", "off", "yes", "no", 10000, 20000, 0.5, True, None, "3"]
