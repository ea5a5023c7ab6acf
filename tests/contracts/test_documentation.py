"""The documentation: its generated pages have every key and every plug-in, and its written pages name only what there is."""

import importlib.util
import re

import pytest
import yaml

from concexp import catalog
from concexp.experiment import keys, reader
from tests.helpers.program import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def generated():
    """The module that MkDocs runs when it builds the site."""
    spec = importlib.util.spec_from_file_location("generated", DOCS / "generated.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generated):
    return dict(generated.pages())


def test_every_key_of_the_yaml(pages):
    """With its path, its meaning and its example."""
    page = pages["reference/yaml.md"]
    headings = set(re.findall(r"^### `(.*)`$", page, re.MULTILINE))
    assert {path for path, _ in keys.everywhere()} <= headings
    assert all(key.example in page for _, key in keys.everywhere())


@pytest.mark.parametrize("kind", ["workload", "model", "sync", "metric", "plot"])
def test_every_plug_in(pages, kind):
    """With a heading of its own, to which the table on top leads."""
    page = pages[f"reference/{kind}.md"]
    for name in catalog.names(kind):
        assert f"[`{name}`](#{name}) | " in page
        assert f"\n## {name}\n" in page


def test_the_site_has_every_page(pages):
    """Each page stands in the navigation, and what stands there exists."""
    loaded = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
    listed = [
        path
        for entry in loaded["nav"]
        for value in entry.values()
        for path in ([value] if isinstance(value, str) else [one for part in value for one in part.values()])
    ]
    written = [path.name for path in DOCS.glob("*.md")]
    assert sorted(listed) == sorted([*written, *pages])


def test_links_that_lead_out_become_text(generated):
    """A page of the site is linked by its name there, anything else of the repository by no link."""
    text = "[a](../benchmarks/README.md#x) [b](statistics.md) [c](ARCHITECTURE.md) [d](https://a.b/c) [e](LICENSE) [f](#here)"
    found = generated.without_links_out(text, {"statistics.md"})
    assert found == "a [b](statistics.md) [c](architecture.md) [d](https://a.b/c) e [f](#here)"


def test_the_tutorial_s_experiments_validate(tmp_path):
    """Each YAML that it shows is one, with the code that it shows."""
    text = (DOCS / "tutorial.md").read_text("utf-8")
    code = "".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    (tmp_path / "my.py").write_text(code + "\n\ndef nap():\n    import time\n\n    time.sleep(0.02)\n")
    found = re.findall(r"```yaml\n# (\S+)\n(.*?)```", text, re.DOTALL)
    assert [name for name, _ in found] == ["models.yaml", "workers.yaml", "claims.yaml"]
    for name, content in found:
        (tmp_path / name).write_text(content)
        assert reader.load(tmp_path / name).name == name.removesuffix(".yaml")
