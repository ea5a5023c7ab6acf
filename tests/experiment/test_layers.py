"""Files that extend each other, and --set, merged into one experiment."""

import pytest

from concexp.errors import InputError
from concexp.experiment import load, parse_text
from concexp.plan.planner import make_plan
from tests.helpers.sweeps import SHORT, problems


def test_override_and_its_mistake():
    """--set changes one key, and is named as the place of its own mistakes."""
    spec = parse_text(SHORT, "x.yaml", ["measure.repetitions=3", "sweep.workers=[4]", "name=other"])
    assert (spec.measure.repetitions, spec.name) == (3, "other")
    assert [c.workers for c in make_plan(spec, 2).cells if c.workers] == [4, 4]
    (problem,) = problems(SHORT, overrides=["measure.repetitions=many"])
    assert str(problem).startswith("--set measure.repetitions=many: measure.repetitions: expected a whole number")


def test_override_of_an_axis_with_a_dot_in_its_name():
    """After `sweep.` the rest is one key."""
    spec = parse_text("workload: echo\nmodel: serial\n", "x.yaml", ["sweep.echo.size=[1KiB, 2KiB]"])
    assert [c.axes["echo.size"] for c in make_plan(spec, 2).cells] == ["1KiB", "2KiB"]


@pytest.mark.parametrize(
    ("override", "path", "says"),
    [
        ("measure", "", "expected key=value"),
        ("=3", "", "expected key=value"),
        ("measure.foo=3", "measure.foo", "there is no key 'foo' here"),
        ("foo=3", "foo", "there is no key 'foo' here"),
        ("measure={foo: 3}", "measure.foo", "there is no key 'foo' here"),
        ("question=a: b", "", "a second `: `"),
        ("question=[", "", "the `[` is not closed"),
        ("workload.counter=1", "workload.counter", "`workload` is a list, which has no keys"),
        ("sweep.workers.from=1", "sweep.workers.from", "there is no axis 'workers.from'"),
        ("extends=base.yaml", "extends", "a base file is named in the YAML"),
        ("model=treads", "model", "there is no model 'treads'"),
        ("sweep.workers=2*", "sweep.workers", "expected a whole number, not '2*'"),
        ("sweep.workers=2*cpu", "sweep.workers", "there is no 'cpu'"),
    ],
)
def test_mistakes_in_overrides(override, path, says):
    """The place of a mistake in --set is the option itself."""
    (found,) = problems(SHORT, overrides=[override])
    assert (found.file, found.line, found.path) == (f"--set {override}", 0, path)
    assert says in found.message


def test_an_override_never_drops_grids_silently():
    """One key of a list of grids cannot be set: the list would be lost."""
    text = "workload: sleep\nsweep: [{model: serial}, {model: threads}]\n"
    (found,) = problems(text, overrides=["sweep.workers=3"])
    assert found.message == "`sweep` is a list, which has no keys"
    assert found.hint == "override it whole: --set sweep=…"


def test_extends_merges_maps_and_refuses_circles(write):
    """A base file's keys hold unless this one overrides them; a circle is an error."""
    write("base.yaml", "model: [serial]\nmeasure: {repetitions: 4, seed: 9}\n")
    spec = load(write("x.yaml", "extends: base.yaml\nworkload: sleep\nmeasure: {seed: 2}\n"))
    assert (spec.measure.repetitions, spec.measure.seed) == (4, 2)
    write("base.yaml", "extends: x.yaml\n")
    with pytest.raises(InputError, match="leads back to itself"):
        load(write("x.yaml", "extends: base.yaml\n"))
    with pytest.raises(InputError, match=r"'x\.yaml' leads back to itself"):
        load(write("x.yaml", "extends: x.yaml\n"))


def test_a_chain_of_bases_has_an_end(write):
    """More files that extend each other than anyone can follow are refused."""
    for number in range(30):
        write(f"b{number}.yaml", f"extends: b{number + 1}.yaml\n")
    with pytest.raises(InputError, match="more than 10 files extend each other"):
        load(write("x.yaml", "extends: b0.yaml\n"))


def test_a_mistake_in_a_base_is_told_in_the_base(write):
    """Values and keys know which file they came from, also in a map that two files make together."""
    base = write("base.yaml", "\n\nmodel: serial\nmeasure: {seed: x, repetitons: 4}\nwrong: 1\n")
    path = write("x.yaml", "extends: base.yaml\nworkload: sleep\nmeasure: {warmup: -1}\n")
    with pytest.raises(InputError) as caught:
        load(path)
    assert {(p.file, p.line, p.path) for p in caught.value.problems} == {
        (str(base), 4, "measure.seed"),
        (str(base), 4, "measure.repetitons"),
        (str(base), 5, "wrong"),
        (str(path), 3, "measure.warmup"),
    }


@pytest.mark.parametrize("name", [".env", "secret.txt", "passwd", "link.yaml", "/proc/self/environ", "/proc/kmsg"])
def test_only_yaml_files_are_extended(tmp_path, write, name):
    """A stranger's experiment may name any file of the user's: no line of such a file is shown, and no device is read."""
    for file in (".env", "secret.txt", "passwd"):
        write(file, "AWS_SECRET=hunter2\nkey: hunter2\n")
    (tmp_path / "link.yaml").symlink_to(tmp_path / ".env")
    path = write("x.yaml", f"{SHORT}extends: {name}\n")
    with pytest.raises(InputError) as caught:
        load(path)
    assert "is no YAML file" in str(caught.value)
    assert "hunter2" not in str(caught.value)
