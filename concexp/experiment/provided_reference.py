"""What `concexp show environment` and `concexp show files` print."""

from __future__ import annotations

import textwrap

from concexp.experiment.environment import REFUSED, RESERVED
from concexp.experiment.files import COPY_LIMIT, FILES_LIMIT

_NOT_HERE = textwrap.fill(f"Not here: {', '.join(REFUSED)}, and names that begin with {RESERVED}.", 120)

ENVIRONMENT = f"""\
A trial's environment is built from nothing, so that the caller's shell cannot change the numbers. User code finds PATH, HOME,
LANG, and the variables named here: before its interpreter starts, and in every worker.

  environment:
    OMP_NUM_THREADS: 2                            text or a number, as it stands: nothing like $HOME is expanded
    MALLOC_ARENA_MAX: unset                       a variable that is not to be there
    DATABASE_URL: {{from: caller}}                  its value where the command is given; recorded with the run
    API_TOKEN: {{from: caller, secret: true}}       the same; only its name is recorded, and what a trial prints hides its value
    REDIS_URL: {{from: caller, default: "redis://h"}}   this value where the command is given without it

  sweep: {{env.OMP_NUM_THREADS: [1, 2, cpus, unset]}}      a variable as an axis; a path gets a label: {{is: /opt/lib, as: new}}

An address with a password in it (postgresql://me:password@host/db) has to be secret.

Where nothing else is said, numerical libraries have one thread (OMP_NUM_THREADS, OPENBLAS_NUM_THREADS, MKL_NUM_THREADS,
NUMEXPR_NUM_THREADS and VECLIB_MAXIMUM_NUM_THREADS are 1), and PYTHONHASHSEED differs from trial to trial. A run with other
variables, or other values of those that are not secret, is another run: it does not complete an unfinished one.

{_NOT_HERE}"""

FILES = f"""\
A trial starts in an empty folder of its own, which is removed after it. Files and folders that user code opens by a relative
path are named here; they lie beside the YAML, or below it, and trials find them by the same path.

  files: [data.csv, models/, fixtures/test.db]

What has at most {COPY_LIMIT >> 20} MiB (a folder as a whole) is copied for each trial before anything is timed: code may change
its copy. The run's folder keeps a copy in files/. Something larger is copied once for the run, into TMPDIR, and each trial finds
a link to that copy, which is to be read only; the run's folder keeps its SHA-256 alone. A folder may hold {FILES_LIMIT:,} files.

All are part of what makes a run the same: with a changed file the same command starts a new run. Where data is too large to
be copied even once, open it by its absolute path, for example from `environment: {{DATA: /data/big.bin}}`: the run then has no
record of its content."""
