"""A run over a server of the user's, with a real Redis: refused where it is not there, and its password kept to itself."""

import json
import os
from importlib import metadata

import pytest

from tests.helpers import services
from tests.helpers.program import concexp

pytestmark = pytest.mark.slow
TEXT = """\
workload: redis
model: [threads, asyncio]
environment: {REDIS_URL: {from: caller, secret: on, default: 'redis://127.0.0.1:1/0'}}
load: {duration: 20ms}
"""


def test_a_run_begins_once_the_server_is_there(write, tmp_path):
    """Without it the run is refused and leaves nothing; with it the same command measures, and no file has its password."""
    pytest.importorskip("redis")
    write("x.yaml", TEXT)
    without = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
    refused = concexp(tmp_path, "run", "x.yaml", "--quick", env=without)
    assert refused.returncode == 3
    assert "no Redis answers at 127.0.0.1:1/0" in refused.stderr
    assert "start one there, or give the address of another in REDIS_URL" in refused.stderr
    assert not list((tmp_path / "reports").rglob("journal.jsonl"))
    with services.redis() as address:
        done = concexp(tmp_path, "run", "x.yaml", "--quick", env={**without, "REDIS_URL": address})
    assert done.returncode == 0, done.stderr
    files = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    texts = [*(path.read_bytes() for path in files), done.stdout.encode(), done.stderr.encode()]
    assert not any(services.PASSWORD.encode() in text for text in texts)
    (manifest,) = (json.loads(path.read_text()) for path in files if path.name == "manifest.json")
    assert manifest["secrets"] == ["REDIS_URL"]
    versions = manifest["preflight"]
    assert versions["libraries"] == {"current": {"redis": metadata.version("redis")}}
    page = (tmp_path / "reports/x/README.md").read_text()
    assert f"Redis {versions['servers']['Redis']}" in page
    assert f"redis {metadata.version('redis')}" in page
