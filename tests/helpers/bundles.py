"""Bundles for tests: of made-up runs, whole and changed by somebody."""

import hashlib
import json
import zipfile

from concexp.commands.bundle import make_bundle
from concexp.run import bundle
from concexp.run.storage import archive
from tests.helpers import journal_builder

EXPERIMENT = "workload: cpu_sum\nmodel: [serial, simulated]\nload: {ops: 10, scaling: strong}\nname: made_up\n"
MOMENT = (2026, 1, 2, 3, 4, 4)


def sha256(content):
    """The SHA-256 of bytes, hex."""
    return hashlib.sha256(content).hexdigest()


def run_folder(folder, text=EXPERIMENT, code=None, files=None, manifest=None, **more):
    """A run's whole folder as `concexp run` leaves it; `code` and `files` are bytes by name, `manifest` further facts."""
    code, files = code or {}, files or {}
    facts = {"user_code": {name: sha256(content) for name, content in code.items()}}
    if files:
        sums = {
            name: {"sha256": sha256(content), "bytes": len(content), "kept": True} for name, content in files.items()
        }
        facts["files"] = sums
    cells = more.pop("cells", None) or [journal_builder.cell(), journal_builder.cell(model="threads", workers=2)]
    run = journal_builder.write(folder, cells, **{"repetitions": 3, **more, "manifest": {**facts, **(manifest or {})}})
    known = {**run.manifest, "finished_at": "2026-01-02T03:09:06.000Z"}
    contents = {
        "experiment.yaml": text.encode(),
        "resolved.yaml": text.encode(),
        "manifest.json": json.dumps(known).encode(),
    }
    contents |= {f"code/{name}": content for name, content in code.items()}
    contents |= {f"files/{name}": content for name, content in files.items()}
    for name, content in contents.items():
        place = run.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return run.folder


def made(folder, **more):
    """The path of a bundle of such a run."""
    return make_bundle(run_folder(folder / "run", **more), folder / "a.zip").path


def contents(path):
    """The contents of a bundle, bytes by name."""
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def changed(path, target, changes, sums=True):
    """A copy of a bundle with other contents: bytes by name, None for a file that is taken away.

    With `sums` whoever changed it has put the checksums right.
    """
    files = contents(path)
    for name, content in changes.items():
        files.pop(name, None) if content is None else files.update({name: content})
    if sums:
        metadata = json.loads(files[bundle.METADATA])
        graph = [one for one in metadata["@graph"] if one["@type"] != "File"]
        graph += [
            {"@id": name, "@type": "File", "sha256": sha256(content)}
            for name, content in files.items()
            if name != bundle.METADATA
        ]
        files[bundle.METADATA] = json.dumps({**metadata, "@graph": graph}).encode()
    archive.pack(target, files, MOMENT)
    return target
