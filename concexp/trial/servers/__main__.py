"""The script of a server's process: PYTHON -s -S <stage>/concexp/trial/servers/__main__.py NAME PARAMETERS."""

import sys

if __name__ == "__main__":
    # A script's own folder stands first in the path, where `http` is one of ours: put the folder of `concexp` there.
    sys.path[0] = sys.argv[0].rsplit("/", 4)[0]

    from concexp.trial.servers._serve import main

    main(*sys.argv[1:])
