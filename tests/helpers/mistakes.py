"""Mistakes that people make in a YAML, with what `concexp validate` prints: whole files, each with its message.

Read the messages aloud when one changes.
"""

import textwrap

import pytest

HEAD = """\
workload: [counter, sleep]
model: [serial, threads]
sync: [none, lock]
sweep: {workers: [1, 2, 4]}
load: {ops: 64, scaling: strong}
"""  # five lines: what follows begins in line 6


def row(text, message):
    return pytest.param(text, textwrap.dedent(message).strip(), id=text.replace(HEAD, "")[:40])


def more(text, message):
    """A row for what follows a sound beginning."""
    return row(f"{HEAD}{text}\n", message)


def claim(expression, message):
    """A row for one claim; the expression begins in column 10 of line 7."""
    return row(f"{HEAD}claims:\n- expect: {expression}\n", message)


SYNTAX = [
    row("workload cpu_sum\nmodel: threads\n", "x.yaml:1:9: a colon is missing after `workload`\n  write `workload: cpu_sum`"),
    row("workload: sleep\nmodel [serial]\nload: {ops: 1}\n",
        "x.yaml:2:6: a colon is missing after `model`\n  write `model: [serial]`"),
    more("measure:\n  repetitions 3\n  warmup: 1",
         "x.yaml:7:14: a colon is missing after `repetitions`\n  write `repetitions: 3`"),
    more("measure:\n  repetitions 3", "x.yaml:7:3: measure: expected a map, not 'repetitions 3'\n  write `repetitions: 3`"),
    row("workload:cpu_sum\nmodel: serial\n",
        "x.yaml:1:9: a space is missing after the colon\n  write `workload: cpu_sum`"),
    row("workload=cpu_sum\nmodel=serial\n",
        "x.yaml:1:9: a key is followed by a colon, not by `=`\n  write `workload: cpu_sum`"),
    row("workload: sleep\nmodel: serial\nsweep: {workers:1}\n",
        "x.yaml:3:9: sweep.workers:1: 'workers:1' has no value\n  write `workers: 1`"),
    row("workload: sleep\nsweep: {workers: [1, 2\nmodel: serial\n",
        "x.yaml:2:23: the `[` of line 2, column 18 is not closed\n  write `]}` here"),
    row("workload: sleep\nsweep: {workers: [1, 2}\nmodel: serial\n",
        "x.yaml:2:23: the `[` of line 2, column 18 is not closed\n  write `]` before this `}`, or where it ends"),
    row("workload: sleep # it's [one\nmodel: [serial, threads # 'all'\nload: {duration: 1s}\n",
        "x.yaml:2:24: the `[` is not closed\n  write `]` here"),
    row("workload: sleep\nsweep:\n  workers: [1,\n    2,\n  seed: [1]\nmodel: serial\n",
        "x.yaml:4:7: the `[` of line 3, column 12 is not closed\n  write `]` here"),
    row("workload: sleep\nmodel: [serial]]\n", "x.yaml:2:16: there is a `]` too many\n  remove it"),
    row("workload: sleep\nmodel: serial, threads]\n",
        "x.yaml:2:8: model: there is no model 'serial, threads]'\n  write [serial, threads]"),
    more("question: 'Why", "x.yaml:6:11: the quote ' is never closed\n"
         "  write ' where the text ends; inside of '…' an apostrophe is written ''"),
    more("question: 'What's faster?'",
         'x.yaml:6:17: text goes on after a closing quote\n  put the whole text in quotes: "What\'s faster?"'),
    more('question: "Fast" or not?',
         "x.yaml:6:18: text goes on after a closing quote\n  put the whole text in quotes: '\"Fast\" or not?'"),
    more("question: Which is best: threads?", "x.yaml:6:24: a second `: ` in one line\n"
         '  put text that holds a colon in quotes: question: "Which is best: threads?"'),
    more("question: @home, how fast?",
         'x.yaml:6:11: a text cannot begin with `@`\n  put it in quotes: "@home, how fast?"'),
    more("question: # 1?", "x.yaml:6:10: question: expected text, not nothing\n"
         "  put text that begins with # in quotes, or leave the key out"),
    more("measure: repetitions: 3",
         "x.yaml:6:21: a second `: ` in one line\n  write `measure: {repetitions: 3}`"),
    row("workload: cpu_sum: {size: 3}\nmodel: serial\n",
        "x.yaml:1:18: a second `: ` in one line\n  write `workload: {cpu_sum: {size: 3}}`"),
    row("workload: - cpu_sum\nmodel: serial\n", "x.yaml:1:11: a list cannot begin behind a key\n"
        "  write [cpu_sum], or begin the list in a new line; put text in quotes"),
    row("- workload: sleep\n- model: serial\n",
        "x.yaml:1:1: an experiment is a map of keys, not a list\n  leave out the `- ` in front of its keys"),
    more("measure:\n\trepetitions: 3", "x.yaml:7:1: a tab cannot indent YAML\n  use spaces"),
    more("measure:\n\u00a0\u00a0seed: 1", """
        x.yaml:7:1: a no-break space is not a blank in YAML
          type a blank instead: such characters come with text that is copied from web pages"""),
]  # fmt: skip

INDENTATION = [
    row("workload: sleep\n  model: serial\n", """
        x.yaml:2:3: it is indented more than line 1, which has a value of its own
          begin it in column 1, as line 1"""),
    more("measure:\n  repetitions: 3\n   warmup: 1", """
        x.yaml:8:4: it is indented more than line 7, which has a value of its own
          begin it in column 3, as line 7"""),
    more("measure:\n  repetitions: 3\n warmup: 1",
         "x.yaml:8:2: its indentation fits no line above\n  begin it in column 3, as line 7"),
    more("claims:\n- expect: speedup > 1\n - expect: speedup > 2",
         "x.yaml:8:2: its indentation fits no line above\n  begin it in column 1, as line 7"),
    more("measure:\nseed: 3", """
        x.yaml:6:9: measure: expected a map, not nothing
          indent the lines below it that belong to it, or leave it out
        x.yaml:7:1: seed: there is no key 'seed' here
          it belongs below `measure:`: write `measure: {seed: 3}` or `sweep: {seed: 3}`"""),
    row("workload: sleep\nmodel:\n  -serial\n  -threads\n", """
        x.yaml:3:3: model: there is no model '-serial -threads'
          an item begins with `- `, a blank included; or write [serial, threads]"""),
    row("workload: sleep\nmodel:\n- serial\n -threads\n", """
        x.yaml:3:3: model[0]: there is no model 'serial -threads'
          an item begins with `- `, a blank included; or write [serial, threads]"""),
    row(" workload: sleep\nmodel: serial\n",
        "x.yaml:1:1: the first key is indented\n  begin all keys of the root in column 1"),
    more("metrics:\n  - speedup\n  wall_s: on", """
        x.yaml:8:3: a list and keys stand at the same level
          begin each item of the list with `- `"""),
]  # fmt: skip

KEYS = [
    more("repetitions: 5", """
        x.yaml:6:1: repetitions: there is no key 'repetitions' here
          it belongs below `measure:`: write `measure: {repetitions: 5}`"""),
    row("workload: sleep\nmodel: threads\nworkers: [1, 2]\n", """
        x.yaml:3:1: workers: there is no key 'workers' here
          it belongs below `sweep:`: write `sweep: {workers: [1, 2]}`"""),
    row("workload: sleep\nmodel: threads\nsweep: {repetitions: [3, 5]}\n", """
        x.yaml:3:9: sweep.repetitions: there is no axis 'repetitions'
          it belongs below `measure:`: write `measure: {repetitions: 3}`"""),
    row("workload: sleep\nmodels: threads\n", "x.yaml:2:1: models: there is no key 'models' here\n  did you mean 'model'?"),
    more("measure: {runs: 5}", "x.yaml:6:11: measure.runs: there is no key 'runs' here\n  did you mean 'repetitions'?"),
    more("measure: {seed: 1}\nmeasure: {warmup: 1}", """
        x.yaml:7:1: measure: the key 'measure' is there twice
          the first is in line 6: keep one of them"""),
    more("claim: [{expect: speedup > 1}]", "x.yaml:6:1: claim: there is no key 'claim' here\n  did you mean 'claims'?"),
    more("claims: [{claim: speedup > 1}]",
         "x.yaml:6:11: claims[0].claim: there is no key 'claim' here\n  did you mean 'expect'?"),
    more("claims: {threads win: speedup > 1}", """
        x.yaml:6:9: claims: `expect:` is missing
          write {says: "threads win", expect: "speedup > 1"}"""),
]  # fmt: skip

NAMES = [
    row("workload: sleep\nmodel: thread\n", "x.yaml:2:8: model: there is no model 'thread'\n  did you mean 'threads'?"),
    row("workload: sleep\nmodel: ThreadPoolExecutor\n",
        "x.yaml:2:8: model: there is no model 'ThreadPoolExecutor'\n  did you mean 'thread_pool'?"),
    row("workload: sleep\nmodel: asyncio.gather\n",
        "x.yaml:2:8: model: there is no model 'asyncio.gather'\n  did you mean '{asyncio: {spawn: gather}}'?"),
    row("workload: counter\nmodel: threads\nsync: [none, threading.Lock]\n",
        "x.yaml:3:14: sync[1]: there is no sync 'threading.Lock'\n  did you mean 'lock'?"),
    row("workload: counter\nmodel: lock\n",
        "x.yaml:2:8: model: there is no model 'lock'\n  lock is a sync: write `sync: lock`"),
    row("workload: cpu_sum(size=3)\nmodel: serial\n",
        "x.yaml:1:11: workload: there is no workload 'cpu_sum(size=3)'\n  write {cpu_sum: {size: 3}}"),
    row("workload: {name: cpu_sum, size: 5}\nmodel: serial\n", """
        x.yaml:1:11: workload: one workload is one name with its parameters, not 2 names
          write {cpu_sum: {size: 5}}"""),
    row("workload: {compress: zlib}\nmodel: serial\n", """
        x.yaml:1:22: workload.compress: expected a map of parameters, not 'zlib'
          write {compress: {codec: zlib}}"""),
    row("workload: my.py\nmodel: serial\n",
        "x.yaml:1:11: workload: there is no workload 'my.py'\n  name what it defines: my.py:function"),
    more("metrics: [RPS]", "x.yaml:6:11: metrics: there is no metric 'RPS'\n  did you mean 'throughput'?"),
    more("metrics: [scaling]", """
        x.yaml:6:11: metrics: there is no metric 'scaling'
          scaling is a plot: write `report: {plots: [scaling]}`"""),
    more("exclude: {model: Thread}",
         "x.yaml:6:18: exclude.model: no model here has the label 'Thread'\n  did you mean 'threads'?"),
    more("baseline: {model: processes}", """
        x.yaml:6:19: baseline.model: no model here has the label 'processes'
          add processes to `model:`, or take one of serial, threads"""),
    more("baseline: {workers: 8}", """
        x.yaml:6:21: baseline.workers: no cell has workers 8
          the sweep has 1, 2, 4: add 8 to it, or take one of these"""),
    more("baseline: threads",
         "x.yaml:6:11: baseline: expected a selection, not 'threads'\n  write baseline: {model: threads}"),
    more("allow: invalid", """
        x.yaml:6:8: allow: expected a selection with `status`
          write allow: [{status: invalid}], with labels such as model: threads if only those cells may"""),
]  # fmt: skip

A_DURATION = "expected a duration such as 10us, 5ms, 60s or 2m"
VALUES = [
    row("workload: sleep\nmodel: threads\nsweep:\n  workers: 1,2,4\n", """
        x.yaml:4:12: sweep.workers: expected a whole number, not '1,2,4'
          a list has brackets: [1, 2, 4]"""),
    row("workload: sleep\nmodel: threads\nsweep: {workers: 1,2,4}\n", """
        x.yaml:3:20: sweep.2: '2' has no value
          inside {…} a comma ends a value: a list is written workers: [1, 2, 4]"""),
    row("workload: sleep\nmodel: threads\nsweep:\n  workers: 1-8\n", """
        x.yaml:4:12: sweep.workers: expected a whole number, not '1-8'
          a range is written {from: 1, to: 8, step: 1}"""),
    row("workload: sleep\nmodel: serial, thread\n",
        "x.yaml:2:8: model: there is no model 'serial, thread'\n  write [serial, threads]"),
    row("workload: sleep\nmodel: {serial, threads}\n", """
        x.yaml:2:9: model: braces hold keys, each with its value
          a list stands in square brackets: [serial, threads]"""),
    row("workload: sleep\nmodel: serial\nload: {duration: 5}\n",
        f"x.yaml:3:18: load.duration: {A_DURATION}, not 5: the unit is missing, write 5s if seconds are meant"),
    more("measure: {timeout: 5sec}", f"x.yaml:6:20: measure.timeout: {A_DURATION}, not '5sec': write 5s"),
    more("measure: {timeout: 1 minute}", f"x.yaml:6:20: measure.timeout: {A_DURATION}, not '1 minute': write 1m"),
    more("measure: {memory: 512M}", """
        x.yaml:6:19: measure.memory: expected a size such as 64B, 4KiB or 1MiB, not '512M': write 512MiB"""),
    more("measure: {precision: 0.03}", "x.yaml:6:22: measure.precision: "
         "expected a percentage between 0% and 100% such as 3%, not 0.03: write 3%"),
    row("workload: sleep\nmodel: serial\nload: {rate: 100 req/sec, duration: 5s}\n",
        "x.yaml:3:14: load.rate: expected a rate such as 100/s, not '100 req/sec': write 100/s"),
    more("measure: {iterations: [3, 5]}", """
        x.yaml:6:23: measure.iterations: expected a whole number, not a list
          one value; several are an axis: sweep: {measure.iterations: [3, 5]}"""),
    more("startup: [once, each]", """
        x.yaml:6:10: startup: expected one of once, each, timed, not a list
          one value; several are an axis: sweep: {startup: [once, each]}"""),
    more("primary: [throughput, speedup]",
         "x.yaml:6:10: primary: expected text, not a list\n  write one value, such as throughput"),
    more("measure: [{seed: 3}]", """
        x.yaml:6:10: measure: expected a map, not a list
          leave out the `- ` in front of its keys, or the brackets around them"""),
    row("workload: sleep\nmodel: serial\nsweep: {python: 3.10}\n", """
        x.yaml:3:17: sweep.python: expected text, not 3.10: YAML reads it as 3.1
          put it in quotes: "3.10\""""),
    more("exclude: workers = 4", """
        x.yaml:6:18: exclude: in `workers = 4`: '=' is not understood here: equality is `==`
          write `workers == 4`"""),
    more("exclude: threads", "x.yaml:6:10: exclude: `threads` is no condition\n  write {model: threads}"),
]  # fmt: skip

CLAIMS = [
    more("claims: speedup > 1",
         "x.yaml:6:9: claims: expected a claim, not 'speedup > 1'\n  write claims: [{expect: \"speedup > 1\"}]"),
    claim("speedup = 1", """
        x.yaml:7:19: claims[0].expect: in `speedup = 1`: '=' is not expected here: equality is `==`
          write `speedup == 1`"""),
    claim("speedup => 2", """
        x.yaml:7:19: claims[0].expect: in `speedup => 2`: '=' is not expected here: equality is `==`
          write `speedup >= 2`"""),
    claim("speedup > 2 && workers > 1", """
        x.yaml:7:23: claims[0].expect: in `speedup > 2 && workers > 1`: '&' is not understood here
          write `speedup > 2 and workers > 1`"""),
    claim("speedup ≥ 2", """
        x.yaml:7:19: claims[0].expect: in `speedup ≥ 2`: '≥' is not understood here
          write `speedup >= 2`"""),
    claim("p99 < 10ms", """
        x.yaml:7:11: claims[0].expect: in `p99 < 10ms`: there is no metric, axis or label 'p99'
          did you mean 'service_time_p99_s'?"""),
    claim("service_time_p99_s < 5 ms", """
        x.yaml:7:34: claims[0].expect: in `service_time_p99_s < 5 ms`: 'ms' is not expected here
          write `service_time_p99_s < 5ms`"""),
    claim("throughput > 10/sec", """
        x.yaml:7:27: claims[0].expect: in `throughput > 10/sec`: there is no metric, axis or label 'sec'
          the unit is written s, right behind its number: 5ms, 100/s"""),
    claim("throughput[threads] == throughput[serial] within 10 %", """
        x.yaml:7:63: claims[0].expect: in `throughput[threads] == throughput[serial] within 10 %`: '%' is not understood here
          write `throughput[threads] == throughput[serial] within 10%`"""),
    claim("throughput[model==threads] > 1/s", """
        x.yaml:7:27: claims[0].expect: in `throughput[model==threads] > 1/s`: ']' is missing before '=='
          write `throughput[model=threads] > 1/s`"""),
    claim("throughput(threads) > 1/s", """
        x.yaml:7:11: claims[0].expect: in `throughput(threads) > 1/s`: there is no function 'throughput'; \
there are min, max, ceil, floor, abs, sqrt, log, mean, slope, r2, spread, first
          write `throughput[threads] > 1/s`"""),
    claim("threads.throughput > 1/s", """
        x.yaml:7:11: claims[0].expect: in `threads.throughput > 1/s`: there is no metric, axis or label 'threads.throughput'
          write throughput[threads] for the throughput of the cell with threads"""),
    claim("throughput[Thread] > 1/s", """
        x.yaml:7:22: claims[0].expect: in `throughput[Thread] > 1/s`: no axis has the value 'Thread'
          did you mean 'threads'?"""),
    claim("throughput[workers=8] > 1/s", """
        x.yaml:7:30: claims[0].expect: in `throughput[workers=8] > 1/s`: the axis 'workers' has no value '8'
          known: 1, 2, 4"""),
    claim(">= 2", """
        x.yaml:7:12: `>` begins a block of text in YAML
          put the comparison in quotes, or begin with a name"""),
    more("claims: [{expect: throughput[lock] > 1/s}]", """
        x.yaml:6:19: brackets inside of a text that stands in […] or {…}
          put it in quotes: expect: "throughput[lock] > 1/s\""""),
    more("claims: [{expect: throughput[none] > throughput[lock]}]", """
        x.yaml:6:19: brackets inside of a text that stands in […] or {…}
          put it in quotes: expect: "throughput[none] > throughput[lock]\""""),
    more("claims: [{of: threads, expect: speedup > 1}]", """
        x.yaml:6:15: claims[0].of: `threads` is no condition
          write {model: threads}"""),
]  # fmt: skip

EVERY = [*SYNTAX, *INDENTATION, *KEYS, *NAMES, *VALUES, *CLAIMS]
