"""YAML text -> nodes: each of YAML's own traps has its message, its cure and its place."""

import math
import random
import string

import pytest
import yaml

from concexp.errors import InputError
from concexp.experiment import parse_text
from concexp.experiment.yaml_nodes import DEPTH_LIMIT, SIZE_LIMIT, Dumper, parse, scalar


def problems(text):
    with pytest.raises(InputError) as caught:
        parse(text, "x.yaml")
    return caught.value.problems


def problem(text):
    (found,) = problems(text)
    return found


def place(found):
    return found.line, found.column


def test_an_unquoted_version_number():
    """3.10 without quotes is told to be 3.1, where it stands, with the quoted spelling."""
    with pytest.raises(InputError) as caught:
        parse_text("workload: sleep\nmodel: serial\nname: 3.10\n", "x.yaml")
    (found,) = caught.value.problems
    assert (place(found), found.path) == ((3, 7), "name")
    assert found.message == "expected text, not 3.10: YAML reads it as 3.1"
    assert found.hint == 'put it in quotes: "3.10"'


def test_a_key_twice():
    """A key that is there twice is told at its second place, and where the first is."""
    found = problem("a: 1\nb:\n  c: 2\n  d: 3\n  c: 4\n")
    assert (place(found), found.path) == ((5, 3), "b.c")
    assert found.message == "the key 'c' is there twice"
    assert found.hint == "the first is in line 3: keep one of them"


@pytest.mark.parametrize(
    ("text", "where"),
    [("a:\n\tb: 1\n", (2, 1)), ("\ta: 1\n", (1, 1)), ("a:\n  b: 1\n\tc: 2\n", (3, 1)), ("a:\n- b\n\t- c: 1\n", (3, 1))],
)
def test_a_tab(text, where):
    """A tab that indents is called a tab."""
    found = problem(text)
    assert place(found) == where
    assert (found.message, found.hint) == ("a tab cannot indent YAML", "use spaces")


@pytest.mark.parametrize("sign", [">= 2", "> 2"])
def test_a_comparison_that_begins_with_its_sign(sign):
    """`expect: >= 2` begins a block in YAML: the cure is quotes."""
    found = problem(f"claims:\n  - says: x\n    expect: {sign}\n")
    assert found.line == 3
    assert found.message == "`>` begins a block of text in YAML"
    assert "quotes" in found.hint


def test_a_second_colon():
    """`says: a: b` is told at the second colon."""
    found = problem("claims:\n  - says: a: b\n")
    assert place(found) == (2, 12)
    assert found.message == "a second `: ` in one line"
    assert found.hint == "put text that holds a colon in quotes"


def test_an_unquoted_comma_in_a_flow_map():
    """The comma in `{says: a, b}` makes `b` a key without a value: the cure is quotes."""
    found = problem("a: {says: no gain, at all}\n")
    assert (place(found), found.path) == ((1, 20), "a.at all")
    assert found.message == "'at all' has no value"
    assert "put text with a comma in quotes" in found.hint


def test_an_alias_bomb():
    """Nine lines that unfold to ten to the ninth values are refused, not unfolded."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{c}: &{c} [{', '.join(['*' + p] * 10)}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)]
    found = problem("\n".join(lines))
    assert found.line == 1
    assert found.message == "it unfolds to more than 50000 values"
    assert "alias" in found.hint


@pytest.mark.parametrize(
    ("text", "where", "says", "cure"),
    [
        ("a: !!python/name:os.system x\n", (1, 4), "the tag !!python/name:os.system is not allowed", "remove it"),
        ("a: !!binary aGk=\n", (1, 4), "the tag !!binary is not allowed", "remove it"),
        ("a: *b\n", (1, 4), "found undefined alias", "define it with &"),
        ("a: 1\n---\nb: 2\n", (2, 1), "the file holds several documents", "remove `---`"),
        ("", (1, 1), "the file is empty", "at least `workload:` and `model:`"),
        ("# nothing\n", (1, 1), "the file is empty", "at least `workload:` and `model:`"),
        ("- a\n", (1, 1), "an experiment is a map of keys", "begin with `workload: …`"),
        ("cpu_sum\n", (1, 1), "an experiment is a map of keys", "begin with `workload: …`"),
        ("a: &x [*x]\n", (1, 4), "an anchor contains itself", "remove the alias"),
        ("a: &x {b: *x}\n", (1, 4), "an anchor contains itself", "remove the alias"),
        ("a: " + "[" * 60 + "]" * 60, (1, 44), f"it unfolds to more than {DEPTH_LIMIT} levels", "alias"),
        ("a: " + "x" * SIZE_LIMIT, (1, 1), "the file is larger than 128 KiB", "a question, not data"),
        ("[a]: 1\n", (1, 1), "a key must be a word", "quote it"),
        ("a: {<<: 5}\n", (1, 9), "`<<` merges maps only", "anchor"),
        ("a: b\nc: \x07\n", (2, 4), "the character U+0007 is not allowed", "remove it"),
        ('a: "\\0"\n', (1, 4), "a text cannot hold the character 0", "remove it"),
        ('a: "\\ud83d"\n', (1, 4), "a text cannot hold the character D83D", "remove it"),
        ('"\\ud83d": 1\n', (1, 1), "a text cannot hold the character D83D", "remove it"),
        ("a: [1, 2\nb: 3\n", (2, 2), "not valid YAML", "the line"),
        ("a: 'x\n", (2, 1), "not valid YAML", "the line"),
        ("a: [b in [1], c]\n", (1, 10), "not valid YAML", "put an expression with brackets in quotes"),
    ],
)
def test_other_traps(text, where, says, cure):
    """What else can go wrong with a YAML is told where it stands, with a cure."""
    found = problem(text)
    assert place(found) == where
    assert says in found.message
    assert cure in found.hint


def test_nesting_beyond_the_interpreter_is_refused():
    """Sixty thousand brackets are an error of the file, not a RecursionError."""
    assert problem("a: " + "[" * 60_000).message == f"it is nested more than {DEPTH_LIMIT} levels deep"


def test_several_problems_at_once():
    """What can be seen at this level is told all at once, in the order of the file."""
    found = problems("a: !!binary x\nb: 1\nb: 2\nc: {d, e: 1}\n")
    assert [(p.line, p.path) for p in found] == [(1, "a"), (3, "b"), (4, "c.d")]


def test_words_stay_words_and_numbers_are_numbers():
    """on, off, yes, no and dates are text; 1e4 and 20_000 are numbers; quotes make text of anything."""
    node = parse(
        "a: [on, off, yes, No, 2024-01-01, 1:30, 1e4, 20_000, 0.5, -.5, true, null, ~, '3', \"1e4\"]", "x.yaml"
    )
    assert node.plain()["a"] == [
        *("on", "off", "yes", "No", "2024-01-01", "1:30"),
        *(10000, 20000, 0.5, -0.5, True, None, None, "3", "1e4"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1__0",
        "1_",
        "_1",
        "1_000_.5",
        "-0x10",
        "0x",
        "0o8",
        "0b1",
        "inf",
        ".iNF",
        "tRUE",
        "None",
        "1e",
        ".",
        "+",
        "9" * 5000,
        "٣_",
    ],
)
def test_what_only_looks_like_a_number_is_text(text):
    """A slip of the pen in a number, or one that no memory should hold, stays text and is refused where a number is."""
    assert scalar(text) == text


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (["", "~", "null", "Null", "NULL"], None),
        (["true", "True", "TRUE"], True),
        (["false", "False", "FALSE"], False),
        (["0x1F", "0x1f", "0o37", "31", "+31"], 31),
        ([".inf", ".Inf", ".INF", "+.inf"], float("inf")),
        (["-.inf", "-.Inf", "-.INF"], float("-inf")),
    ],
)
def test_the_core_schema_of_yaml_1_2(texts, value):
    """Every spelling of null, of the flags, of hexadecimal and octal numbers and of infinity has its value."""
    assert [scalar(text) for text in texts] == [value] * len(texts)
    assert {type(scalar(text)) for text in texts} == {type(value)}
    assert all(math.isnan(scalar(text)) for text in (".nan", ".NaN", ".NAN"))


def test_merge_keys_and_precedence():
    """`<<` merges one map or a list of them; own keys win, then the first of the list."""
    node = parse(".a: &a {x: 1, y: 1}\n.b: &b {y: 2, z: 2}\nc: {z: 3, <<: [*a, *b]}\n", "x.yaml")
    assert node.plain()["c"] == {"z": 3, "x": 1, "y": 1}
    node = parse(".a: &a {x: 1}\n.b: &b {y: 2}\nc: {<<: *a, <<: *b}\n", "x.yaml")
    assert node.plain()["c"] == {"x": 1, "y": 2}


def test_every_value_knows_its_place():
    """Line and column, from 1, of values and of keys."""
    node = parse("a:\n  - b: [10, 'é', x]\n", "x.yaml")
    inner = node.value["a"].value[0]
    assert inner.keys["b"] == ("x.yaml", 2, 5)
    assert [(item.line, item.column) for item in inner.value["b"].value] == [(2, 9), (2, 13), (2, 18)]


def test_what_is_dumped_is_read_as_the_same():
    """Texts that look like numbers, flags or nothing to us or to YAML 1.1 come back as texts."""
    generator = random.Random(1)
    signs = string.digits + ".eE+-_:~ #'\"" + "onyf"
    texts = [
        "1e5",
        "5.",
        "20_000",
        "null",
        "~",
        "true",
        "on",
        "3.10",
        "",
        "1:30",
        "0x1",
        "0o7",
        ".inf",
        "None",
        "True",
        "NO",
        "=",
        "<<",
        "é\u2028",
    ]
    texts += ["".join(generator.choices(signs, k=generator.randint(1, 5))) for _ in range(500)]
    data = {"texts": texts, "numbers": [1, -2.5, 1e-9, 1e22, 10**60, 0.1], "none": None, "flags": [True, False]}
    data["infinite"] = [float("inf"), -float("inf")]
    assert parse(yaml.dump(data, Dumper=Dumper, allow_unicode=True, width=120), "x.yaml").plain() == data
