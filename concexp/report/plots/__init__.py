"""Pictures: one file is one picture. Importing this package loads no matplotlib; importing a picture does.

A picture is a class `Plot` with `applies(view) -> bool` and `draw(view, path) -> alt text`.
"""
