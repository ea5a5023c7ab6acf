"""Pictures: one file is one picture. Importing this package loads no matplotlib; importing a picture does.

A picture is a class `Plot` with two methods: `prepare(view)` returns what to draw, and something false where the picture does
not suit the run; `draw(view, prepared, path)` draws it and returns its alt text. The first line of the class's docstring is the
caption, extended by `note` if one line is not enough. `section` is a key of `report.contents.TITLES`. Of the pictures that suit
the run, the one with the lowest `order` comes first on the page. An experiment that lists a picture named like a probe with
trials of its own gets those trials.
"""
