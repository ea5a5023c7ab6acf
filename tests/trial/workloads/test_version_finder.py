"""A version's modules in real trials: from its folder, whatever is installed, and never from the working tree."""

import pytest

from tests.helpers.children import staged, trial

LOOK = """
import sys
def files():
    import pkg.inner
    return [pkg.inner.__file__]
def work():
    found = {name: module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] in NAMES}
    raise RuntimeError(" ".join(sorted(filter(None, found.values()))))
NAMES = ("pkg", "tool", "space", "numbers", "late")
"""


@pytest.fixture
def project(tmp_path):
    """A working tree and a version of it: `put(name, text)` writes into both, each file says where it is."""

    class Project:
        tree, version = tmp_path / "tree", tmp_path / "version/tree"

        def put(self, name, text="", only=""):
            for place in (self.tree, self.version):
                if only in ("", place.parent.name if place == self.version else place.name):
                    path = place / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)

        def target(self, file, roots=(".", "src")):
            tree = {
                "root": str(self.version),
                "origin": str(self.tree),
                "roots": [str(self.version / root) for root in roots if (self.version / root).is_dir()],
            }
            given = {"path": str(self.version / file), "home": str(self.version), "module": "", "function": "work"}
            return "_function", {
                **given,
                "arguments": {},
                "returns": "anything",
                "check_by": {},
                "over_by": {},
                "tree": tree,
            }

    return Project()


def imported(project, file="bench/b.py", model="serial", **more):
    """The files that a trial has imported, by their paths from the two folders."""
    ending = trial(project.target(file, **more), model, load={"ops": 1, "scaling": "strong"}, warmup=0)
    assert ending.status == "failed", ending
    assert ending.reason.startswith("RuntimeError: "), ending.reason
    places = ending.reason.removeprefix("RuntimeError: ").split()
    base = str(project.version.parents[1])
    return [place.removeprefix(f"{base}/") for place in places]


@pytest.mark.parametrize(
    "model", ["serial", ("processes", {"start_method": "spawn"}), ("processes", {"start_method": "fork"})], ids=str
)
def test_packages_and_siblings_are_those_of_the_version(project, model):
    """Below src/, at the root, and beside the file; also in workers that are started anew."""
    project.put("src/pkg/__init__.py")
    project.put("src/pkg/inner.py")
    project.put("bench/tool.py")
    project.put("bench/b.py", f"import tool, pkg.inner\n{LOOK}")
    found = imported(project, model=model)
    assert found == [f"version/tree/{name}" for name in ("bench/tool.py", "src/pkg/__init__.py", "src/pkg/inner.py")]


def test_an_editable_installation_leads_to_the_version(project):
    """As a path in the working tree, and as a finder that maps names to its files."""
    project.put("lib/pkg/__init__.py")
    project.put("lib/pkg/inner.py")
    project.put("lib/tool.py")
    path = f"import sys\nsys.path.insert(0, {str(project.tree / 'lib')!r})\n"
    finder = (
        "import importlib.util\n"
        "class Editable:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        f"        if name == 'tool': return importlib.util.spec_from_file_location(name, {str(project.tree / 'lib/tool.py')!r})\n"
        "sys.meta_path.append(Editable)\n"
    )
    project.put("bench/b.py", f"{path}{finder}import tool, pkg.inner\n{LOOK}")
    found = imported(project)
    assert found == [f"version/tree/lib/{name}" for name in ("pkg/__init__.py", "pkg/inner.py", "tool.py")]


def test_what_the_version_lacks_is_not_taken_from_the_working_tree(project):
    """It cannot be imported, and the message says why."""
    project.put("lib/late.py", only="tree")
    project.put("bench/b.py", f"import sys\nsys.path.insert(0, {str(project.tree / 'lib')!r})\nimport late\n{LOOK}")
    ending = trial(project.target("bench/b.py"), "serial", load={"ops": 1, "scaling": "strong"}, warmup=0)
    assert ending.status == "failed"
    assert "this version has no lib/late.py: the working tree's is not taken" in ending.reason


def test_the_standard_library_is_not_shadowed(project):
    """`import numbers` is Python's, and a file of that name is imported under another."""
    project.put("bench/numbers.py", "MINE = 1\n")
    project.put("bench/b.py", f"import numbers\nassert numbers.Number\n{LOOK}")
    assert all("/version/" not in place and "/tree/" not in place for place in imported(project) if "numbers" in place)


def test_packages_without_init_are_those_of_the_version(project):
    """A namespace package that the working tree shares."""
    project.put("src/space/inner.py")
    project.put(
        "bench/b.py", f"import sys\nsys.path.insert(0, {str(project.tree / 'src')!r})\nimport space.inner\n{LOOK}"
    )
    assert [place for place in imported(project) if place.endswith("inner.py")] == ["version/tree/src/space/inner.py"]


def test_a_module_of_the_working_tree_makes_the_trial_invalid(project):
    """However it was imported: by its file's path, here."""
    project.put("stray.py")
    load = f"importlib.util.spec_from_file_location('stray', {str(project.tree / 'stray.py')!r})"
    body = (
        "import importlib.util, sys\n"
        f"spec = {load}\nstray = importlib.util.module_from_spec(spec)\nsys.modules['stray'] = stray\n"
        "def work(): return 1\n"
    )
    project.put("bench/b.py", body)
    ending = trial(project.target("bench/b.py"), "serial", load={"ops": 1, "scaling": "strong"}, warmup=0)
    assert ending.status == "invalid"
    assert "imported from the working tree, and not from the version: stray (stray.py)" in str(
        ending.answer["iterations"]
    )
    assert staged()
