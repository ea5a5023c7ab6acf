"""The sealed child: one trial, run by any CPython >= 3.9 or PyPy with nothing installed.

Everything below this folder imports the standard library and itself, never the rest of concexp.
"""
