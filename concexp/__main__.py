"""`python -m concexp` is `concexp`."""

from concexp.cli import main

main()
