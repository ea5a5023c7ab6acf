"""Pictures: one file is one picture. Importing this package loads no matplotlib; importing a picture does.

A picture is a class `Plot` with `applies(view) -> bool` and `draw(view, path) -> alt text`. The first line of its docstring
stands under it, and a `note` where one line is not enough. Its
`section` is a key of `report.sections.TITLES`; of those that apply, the one of the lowest `order` stands first on the page. Where
an experiment lists a picture that has the name of a probe with trials of its own, those are run.
"""
