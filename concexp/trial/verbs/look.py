"""A user's own code, imported once before anything is measured: what it is, or why it cannot be a workload."""

import os
import sys

from concexp.trial.diagnostics.hints import hint
from concexp.trial.passes import summary_of
from concexp.trial.verbs import packages
from concexp.trial.workloads import _user_code, _user_sync, _version_finder

TRIAL = os.path.dirname(
    os.path.dirname(__file__)
)  # frames of our own code are no place to look for a mistake in the user's

CHECK = "check "
ROLES = (
    (CHECK, "check_by"),
    ("consumer ", "consumer"),
)  # of other targets: what messages call them, and their key in a request


def answer(request):
    """Facts about a target, as literals; `problem` is empty if it can be called, else says what is wrong, and `cure` what to do.

    The request holds `workload`: the parameters of `workloads/_function`. `missing` is a module that is not installed,
    `packages` are those that it imported, name -> version.
    """
    given = request["workload"]
    before = set(sys.modules)  # by then an interpreter may have imported parts of some packages by itself
    facts = {"problem": "", "cure": "", "missing": "", "form": "", "version": "", "modules": {}, "packages": {}}
    what = [(role, given[key]) for role, key in ROLES if given.get(key)]
    what.insert(0, ("", given))
    for role, one in what:
        problem, cure = check_target(role, one, facts)
        if problem:
            return dict(facts, problem=problem, cure=cure)
    problem, cure = items_problem(given)
    if not problem:
        problem, cure = call_problem(given)
    tree = given.get("tree")
    facts["modules"] = loaded_sources([tree["root"]] if tree else folders_of(given))
    facts["packages"] = packages.loaded(before)
    if tree and not problem and (strays := _version_finder.strays(tree)):
        problem = "it imports %s of the working tree, and not of the version" % ", ".join(strays[:3])
        cure = "import it by a path that is relative to the repository, and not by an absolute one"
    return dict(facts, problem=problem, cure=cure, version=version_of(given["module"]))


def check_target(role, one, facts):
    """(problem, cure) of importing a target and looking at it."""
    shown = "%s%s:%s" % (role, one["module"] or os.path.basename(one["path"]), one["function"])
    try:
        form = _user_code.form_of(*_user_code.resolve(**one))
    except _user_code.Unusable as error:
        return "%s: %s" % (shown, error), "name a function, a coroutine function, a class or a context manager"
    except BaseException as error:  # SystemExit too: a script that parses its command line when it is imported
        facts["missing"] = (isinstance(error, ModuleNotFoundError) and error.name) or ""
        return import_problem(shown, error, one)
    if role == CHECK and form != "function":
        return "%s is a %s" % (shown, form), "a check is a plain function of what was returned"
    if not role:
        facts["form"] = form
    return "", ""


def import_problem(shown, error, one):
    """(problem, cure) of an exception that importing a target's module raised."""
    folders = [folder for folder in dict.fromkeys((_user_code.place_of(one["path"])[0], one["home"])) if folder]
    if isinstance(error, SyntaxError):
        where = "%s:%s" % (os.path.basename(error.filename or "?"), error.lineno)
        return "%s cannot be imported: %s is no Python %d.%d: %s" % (shown, where, *sys.version_info[:2], error.msg), ""
    where = innermost_place(error, folders + ([one["tree"]["root"]] if one.get("tree") else []))
    problem = "%s cannot be imported: %s%s" % (shown, where and where + " raised ", summary_of(error))
    if isinstance(error, ModuleNotFoundError):
        problem = "%s cannot be imported: %sthere is no module '%s'" % (shown, where and where + ": ", error.name)
        return problem, (
            "install it for %s (not with `pip install --user`, which trials do not see), or put it beside the experiment "
            "(%s: at the end of the path)" % (sys.executable, ", ".join(folders[::-1]))
        )
    if isinstance(error, SystemExit):
        return problem, 'it ends the program when it is imported: put that under `if __name__ == "__main__":`'
    return problem, import_cure(error, folders) or hint(error)


def import_cure(error, folders):
    """What to do about a name that was not found in a module, or about a relative import; "" where that is not known."""
    if "relative import" in str(error):
        return "put an empty __init__.py beside the file, so that its folder is a package, or import by the plain name"
    name, found = getattr(error, "name", None) or "", getattr(error, "path", None)
    if isinstance(error, AttributeError):
        name, found = (getattr(getattr(error, "obj", None), key, None) or "" for key in ("__name__", "__file__"))
    for folder in folders:
        file = os.path.join(folder, name.partition(".")[0] + ".py")
        if name and os.path.isfile(file) and found != file:
            return "%s is not the one that `import %s` finds, which is %s: give the file another name" % (
                file, name, found or "built in",
            )  # fmt: skip
    return ""


def innermost_place(error, folders):
    """file:line of the innermost frame in one of these folders, else of the innermost outside the import machinery."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith("<frozen") and TRIAL not in file and "importlib" not in file:
            own = any(file.startswith(folder + os.sep) for folder in folders)
            places.append((own, "%s:%d" % (os.path.basename(file), trace.tb_lineno)))
        trace = trace.tb_next
    own = [place for inside, place in places if inside] or [place for _, place in places]
    return own[-1] if own else ""


def items_problem(given):
    """(problem, cure) of the items that the target is to be called with."""
    one = given.get("over_by")
    if not one:
        return "", ""
    try:
        _user_code.items_of(**one)
    except BaseException as error:
        shown = "%s:%s" % (one["module"] or os.path.basename(one["path"]), one["function"])
        return "the items %s cannot be had: %s" % (
            shown,
            summary_of(error),
        ), "name a list, or a function that returns one"
    return "", ""


def call_problem(given):
    """(problem, cure) of calling the target with these arguments, judged by its signature."""
    import inspect

    target, method = _user_code.resolve(**given)
    try:
        signature = inspect.signature(getattr(target, method) if method else target)
    except (TypeError, ValueError):  # code written in C may have no signature
        return "", ""
    bound = not method or isinstance(inspect.getattr_static(target, method), (staticmethod, classmethod))
    try:
        arguments = {**given["arguments"], **({_user_sync.NAME: None} if given.get("takes_sync") else {})}
        signature.bind(*([] if bound else [None]), *([None] if given.get("over_by") else []), **arguments)
    except TypeError as error:
        problem = "%s%s cannot be called so: %s" % (given["function"], signature, error)
        return (
            problem,
            "arguments are given by name; what takes them by position needs a function of your own around it",
        )
    return "", ""


PROJECT_MARKS = ("pyproject.toml", ".git", "setup.py", "setup.cfg")


def folders_of(given):
    """The folders whose code is the user's own: those of the target and of the experiment, and their projects'."""
    module = sys.modules.get(given["module"])
    file = given["path"] or getattr(module, "__file__", None) or ""
    near = [folder for folder in (_user_code.place_of(file)[0], given["home"]) if folder]
    return near + [project for project in map(project_of, near) if project]


def project_of(folder):
    """The innermost folder from here upwards that holds a project; "" if there is none."""
    while not any(os.path.exists(os.path.join(folder, mark)) for mark in PROJECT_MARKS):
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return ""
    return folder


def loaded_sources(folders):
    """The sources below these folders that importing has loaded -> their modules; without what was installed, or is Python's."""
    library = os.path.dirname(os.__file__)
    found = {}
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        inside = any(file.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)
        if not inside or not file.endswith(".py") or name == "__main__":
            continue
        if {"site-packages", "dist-packages"} & set(file.split(os.sep)) or file.startswith((library + os.sep, TRIAL)):
            continue
        found[file] = name
    installed = installed_beside() if found else set()
    return {
        file: name for file, name in found.items() if (name.partition(".")[0], root_of(file, name)) not in installed
    }


def root_of(file, name):
    """The folder in which a module was found: that of its topmost package."""
    up = name.count(".") + (os.path.basename(file) == "__init__.py")
    folder = os.path.dirname(file)
    for _ in range(up):
        folder = os.path.dirname(folder)
    return folder


def installed_beside():
    """(top-level name, folder) of what was installed into a folder that is not site-packages, as `pip install --target` does."""
    from importlib import metadata

    found = set()
    for name, owners in packages.distributions().items():
        for owner in owners:
            place = getattr(metadata.distribution(owner), "_path", None)
            if place is not None and str(place).endswith(".dist-info"):
                found.add((name, os.path.dirname(str(place))))
    return found


def version_of(module):
    """Name and version of the distribution that a module comes from; "" if unknown."""
    if not module:
        return ""
    from importlib import metadata

    top = module.partition(".")[0]
    for name in packages.distributions().get(top, [top]):
        try:
            return "%s %s" % (name, metadata.version(name))
        except metadata.PackageNotFoundError:
            pass
    return ""
