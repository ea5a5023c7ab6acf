"""The language of claims, as `concexp show claims` prints it below the keys of a claim."""

LANGUAGE = """\
A claim is for every cell of `of`: one refuted cell refutes it. An example:

  claims:
    - says: a lock halves throughput at least
      of: {model: threads}
      when: effective_cpus >= 1.8
      expect: throughput[none] >= 2 * throughput[lock]

Metrics     throughput              of this cell. `concexp list metric` names them
            throughput[sync=lock]   of the cell with this axis changed; [sync=lock, workers=2] with both; [workers=2*cpus]
            throughput[lock]        where exactly one axis has the value `lock`
            Axes that every metric names in brackets are not looped over. Metrics that are only claimed are measured, too.
            returned == 14          what your function returned; returned.NAME of a dict of named numbers; outcomes.NAME of the
                                    outcomes that it declares (`concexp show call`)
Statuses    status == timeout, status in [ok, invalid]: the worst of the cell's trials. What a claim expects makes no exit 1.
Facts       cpus, effective_cpus, every axis and parameter: workers, model, load.rate, sleep.delay; labels stand for themselves
Numbers     10%  2x  5ms  2us  1KiB  100/s  1e4  20_000
Operators   + - * /   < <= == != >= > (chained: 1 < workers <= 8)   in [a, b]   and or not
Equality    a == b within 10%: they differ by at most 10% of b. a == b within 2x: neither is more than twice the other
Functions   min max ceil floor abs sqrt log
Curves      max(throughput over workers), min(…), mean(…): the largest and the smallest value along an axis, the geometric mean
            spread(… over axis): largest / smallest      slope(… over axis), r2(… over axis): the line of least squares
            first(workers where speedup > 3): the smallest value for which it holds; infinite if it never does

Verdicts    The mean of each cell's trials is drawn 10,000 times from its t distribution (of the logarithms for times and
            rates), the trials of one block together; each comparison is computed for each draw. It is supported if it is true
            in 97.5 % of them or more, refuted if in 2.5 % or less, else inconclusive; `measure: {level: 99%}` makes that 99.5
            and 0.5 %. `and` and a claim for many cells are supported if every part is; `or`, max(…) > x and the refutation of
            a claim for many cells are corrected for the number of parts (Bonferroni, Holm).
            Statuses are facts, and so is a count compared with 0. Counts and returned values do not depend on time: no doubt
            about the machine touches them, `returned == 14` is true if each trial has that value and false if one has
            another, and < <= > >= compare their means over trials. Doubtful trials are left out of times; below 3 others a
            claim is inconclusive. A trial that did not end well, or whose outcome was wrong, could have had any value, and only
            what is true whatever it was decides; `allow:` makes its status expected.
            Skipped: `when` is false, or a cell cannot exist or was not run. The page says of each open claim why it is open.

`concexp run --check` exits 1 if a claim is refuted; with --strict, also if one is inconclusive or was not judged.
"""
