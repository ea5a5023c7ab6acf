"""What `concexp show call` prints about a user's own code."""

REFERENCE = """\
A user's own code is a workload by its name; nothing has to be installed, subclassed or decorated. One operation is one call.

  workload: my.py:parse                        a file, relative to the YAML, and what it defines; one in a package, such as
                                               src/pkg/mod.py, is imported as pkg.mod. What is installed comes first:
                                               beside a numbers.py, `import numbers` still finds the library's
  workload: {my.py:parse: {size: 3}, as: p}    keyword arguments; `sweep: {p.size: [1, 3]}` varies one; true, false, null
                                               and .inf are Python's True, False, None and inf
  workload: package.module:name                what the interpreter of the trials can import; the YAML's folder comes last
  workload: my.py:bench_*                      a suite: an entry for each function that fits, labelled by its name
  workload: {call: {target: my.py:parse, arguments: {size: 3}, returns: seconds, check: my.py:is_right}, as: p}

What it may be:
  function             called for each operation
  coroutine function   awaited; where the model has no event loop, each worker has one, and does one operation after another
  class                each worker makes one with the arguments, and calls it or its `run`; before and after that
                       `__enter__`/`__exit__`, else `setup`/`teardown` (set_up, setUp), asynchronous ones too
  method               `my.py:Class.method`: the same, the class made without arguments; those given are the method's
  context manager      a function under `@contextmanager`: each worker enters it, and calls what it yields
Work that is put off is not measured: a call that returns a generator, a `map`, a future or a coroutine is refused. Return
`list(...)`, the future's `result()`, or await it.

A parameter named `sync` gets the primitive of the cell, so that one's own critical section is swept over primitives:
  def update(sync):          workload: my.py:update
      with sync:             sync: [none, lock, {semaphore: {permits: 2}}]
          …                  model: [threads, processes]
It is the native object (a `threading.Lock`, a `multiprocessing.Queue` …); under `none` an object that is false, and whose `with`
does nothing. An `async def` awaits it, whatever the model: `async with sync`, `await sync.get()`; a plain function cannot wait for
asyncio's. What such calls return is not compared between models.

Two roles: {call: {producer: my.py:make, consumer: my.py:take}, as: mine}. Half of the workers call the one, half the other, each
equally often. What they share is their own, or the `sync` that both ask for: `sync.put(…)` here, `sync.get()` there. One operation
is an item: a call of each.

Keys of `call`:
  target     what is called, as above
  arguments  its keyword arguments
  over       file.py:name or module:name, of items or of a function that returns them: operation number k is called with item k,
             and after the last with the first again, as its first argument by position; each worker has the items
  returns    anything (default): a number is averaged over the operations into the column `returned`, a dict of named numbers
             into `returned.NAME` each, whatever else is not looked at; NaN, infinity and a None in a dict are left out, and
             the page says how many there were; sent: the same, and in a pool of processes the function has to be one that can
             be pickled, and each value goes back to the caller, pickled, as with `executor.submit`: use it where results
             are large; the column `pickled_bytes` has their size; seconds: it times itself, and throughput is
             workers / mean seconds (1 / mean seconds where a plain function has the event loop to itself), without what
             is around it; nothing: what it returns is dropped; any: as anything, and values may differ between models
  check      a function, called with each returned value right after the operation, within the measured time: False, a
             text (the reason) or an exception makes the trial `invalid`
  outcomes   what calls can come to, {made_once: acceptable, made_twice: forbidden}: the check, or without one the function,
             returns the name of an outcome, or a map of names and numbers. The page has a table of how often each came;
             `outcomes.NAME` counts it in claims; a forbidden one, and one not named here, makes the trial `invalid`; the
             third grade is interesting. Values may then differ between models

Answers are compared. Before the sweep, in trials of their own that measure nothing, each worker of each model and interpreter
makes the same calls for a tenth of a second, and its operation number k must return what operation k returns under serial. Floats
may differ by 1 in 10^9 (by 1 in 10^5 if they have less than 8 bytes), NaN equals NaN, the order of dicts and sets does not
matter, what has no value of its own, such as a lock, is not looked into, and of a large value the first 20,000 parts count.
Trials of a cell that differs are `invalid`. A race that shows in none of these calls is not seen; a `check` sees them all.
Values that differ from one serial trial to the next (random numbers, times, ids) cannot be compared, and the page says so.
Where answers may differ between models, as tickets that all workers draw from one counter do, say `returns: any`.

A trial starts in an empty folder, without the caller's environment: see `concexp show files` and `concexp show environment`.

Before the sweep each is imported and tried once per kind of model: what cannot be imported or called is reported with its place."""
