"""Runs the command line as `python -m concexp`."""

from concexp.cli import main

main()
