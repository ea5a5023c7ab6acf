"""Which packages this interpreter has, and in which versions. None of them is imported."""

import sys


def answer(request):
    """The answer to {"verb": "packages", "names": […]}: {"versions": {name: version}}, without what is not installed."""
    from importlib import metadata

    versions = {}
    for name in request["names"]:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            pass
    return {"versions": versions}


def distributions():
    """The names of what is installed, by the packages and modules that they bring; empty before Python 3.10."""
    from importlib import metadata

    return getattr(metadata, "packages_distributions", dict)()


def loaded(before):
    """Name -> version of what is installed and of which modules were imported that are not in `before`; {} before Python 3.10."""
    from importlib import metadata

    known = {"concexp", *getattr(sys, "stdlib_module_names", ())}
    tops = {name.partition(".")[0] for name in list(sys.modules) if name not in before} - known
    if not tops:
        return {}
    owners = {owner for top, found in distributions().items() if top in tops for owner in found}
    return {owner: metadata.version(owner) for owner in sorted(owners)}
