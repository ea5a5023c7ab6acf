"""Pictures: one file is one picture. Importing this package loads matplotlib; listing its files does not.

A picture is a class `Plot` with two methods: `prepare(view)` returns what to draw, and something false where the picture does
not suit the run; `draw(view, prepared, path)` draws it and returns its alt text. The first line of the class's docstring is the
caption, extended by `note` if one line is not enough. `section` is a key of `report.contents.TITLES`. Of the pictures that suit
the run, one that `tells` the kind of finding with which the answer begins comes first on the page, else the one with the lowest
`order`; its `title`, "" otherwise, is set to the finding before it is drawn. An experiment that lists a picture named like a
probe with trials of its own gets those trials.
"""

import contextlib
import logging
import os
import sys

# Pictures are drawn into files by a back end that is named where they are drawn. What the user's MPLBACKEND asks for is for
# the user's own figures: matplotlib refuses to be imported where it makes no sense, and loads a window system where it does.
if "matplotlib" not in sys.modules:
    wanted = os.environ.pop("MPLBACKEND", None)
    # Where there is no home that can be written, it warns that its cache of fonts is temporary: a page has no use for that.
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        import matplotlib
        import matplotlib.font_manager
    finally:
        logger.setLevel(level)
        if wanted is not None:
            os.environ["MPLBACKEND"] = wanted
    if wanted is not None:
        with contextlib.suppress(ValueError):
            matplotlib.rcParams["backend"] = wanted
