"""One version of the user's project in the child: its modules come from the version's folder, and never from the working tree.

The folder comes before what is installed, since the project itself may be installed, and after the standard library. What an
editable installation would take from the working tree is taken from the same place in the version's folder.
"""

import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder

INSTALLED = {"site-packages", "dist-packages"}
LIBRARY = os.path.realpath(os.path.dirname(os.__file__))


class Finder:
    """Finds modules for one version.

    root    the version's folder
    origin  the working tree that it stands for; "" for none
    roots   the folders of the version in which imports are searched
    """

    def __init__(self, root, origin, roots):
        self.root = os.path.realpath(root)
        self.origin = origin and os.path.realpath(origin)
        self.roots = list(roots)

    def find_spec(self, name, path=None, target=None):
        if path is None:
            if is_library(name):
                return None
            spec = PathFinder.find_spec(name, self.roots)
            if spec is not None and spec.has_location:
                return spec
        return self.moved(name, self.elsewhere(name, path, target))

    def elsewhere(self, name, path, target):
        """What the other finders know of a module, or None."""
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is not self and find is not None:
                spec = find(name, path, target)
                if spec is not None:
                    return spec
        return None

    def moved(self, name, spec):
        """A spec whose files lie in the working tree -> the one of the same files in the version's folder."""
        if spec is None:
            return None
        folders = spec.submodule_search_locations
        if spec.has_location and spec.origin and self.is_stray(spec.origin):
            file = self.place(spec.origin)
            if not os.path.isfile(file):
                raise ModuleNotFoundError(
                    "this version has no %s: the working tree's is not taken" % self.relative(spec.origin), name=name
                )
            inside = None if folders is None else [os.path.dirname(file)]
            return importlib.util.spec_from_file_location(name, file, submodule_search_locations=inside)
        if folders is not None and not spec.has_location and any(map(self.is_stray, folders)):
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [self.place(one) for one in folders]
        return spec

    def place(self, path):
        """A path in the working tree -> the same one in the version's folder; any other path is left."""
        return os.path.join(self.root, self.relative(path)) if self.is_stray(path) else path

    def relative(self, path):
        return os.path.relpath(os.path.realpath(path), self.origin)

    def is_stray(self, path):
        """Whether a path is one of the working tree's own, and neither the version's nor installed below it."""
        real = os.path.realpath(path)
        if not self.origin or not is_below(real, self.origin) or is_below(real, self.root):
            return False
        if INSTALLED & set(real.split(os.sep)) or is_below(real, LIBRARY):
            return False
        inner = [one for one in map(os.path.realpath, (sys.prefix, sys.base_prefix, STAGE)) if one != self.origin]
        return not any(is_below(one, self.origin) and is_below(real, one) for one in inner)

    def strays(self):
        """The modules that were imported from the working tree nevertheless, with their files."""
        found = []
        for name, module in sorted(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and self.is_stray(file):
                found.append("%s (%s)" % (name, self.relative(file)))
        return found


STAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def is_below(path, folder):
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def is_library(name):
    """Whether a name is a module of the standard library."""
    known = getattr(sys, "stdlib_module_names", None)  # from Python 3.10 on
    if known is not None:
        return name in known
    folders = [
        one for one in sys.path if is_below(os.path.realpath(one), LIBRARY) and not INSTALLED & set(one.split(os.sep))
    ]
    return name in sys.builtin_module_names or PathFinder.find_spec(name, folders) is not None


def strays(tree):
    """The modules of the working tree that were imported although a version of it is measured."""
    return install(tree).strays()


def install(tree):
    """Let all further imports find the version of a request; returns its finder. The same tree has one finder per process."""
    for finder in sys.meta_path:
        if isinstance(finder, Finder) and finder.root == os.path.realpath(tree["root"]):
            finder.roots += [folder for folder in tree["roots"] if folder not in finder.roots]
            return finder
    finder = Finder(**tree)
    sys.meta_path.insert(0, finder)
    # Processes that the code starts itself have the path and not the finder.
    sys.path[:] = [finder.place(folder) if folder else folder for folder in sys.path]
    sys.path += [folder for folder in finder.roots if folder not in sys.path]
    return finder
