"""What `concexp --help` says of the whole program: its commands by example, and the exit codes."""

EXAMPLES = """
Find out which concurrency model and which synchronisation suit a Python workload, and how sure one can be.

\b
  concexp try my.py:parse                  which model suits a function of yours: no YAML, about a minute
  concexp init my_question                 write a small experiment to begin with; it asks what to compare
  concexp init --plugin my_plugins         write a package with a workload and a metric of one's own
  concexp run my_question.yaml             run it: reports/my_question/README.md
  concexp run my_question.yaml --quick     one short pass over everything, to see that it works
  concexp run x.yaml --cluster local:2     run it on the hosts of a Dask cluster (docs/machines.md)
  concexp plan my_question.yaml            what would run, and what cannot and why
  concexp list workload                    what there is: workload, model, sync, metric, plot
  concexp list experiments --tag gil       what those of a folder ask, and how long each takes; `run` takes it too
  concexp list pythons                     which interpreters are on this machine
  concexp show counter                     what one of them is, its parameters, when to use it
  concexp show yaml                        all keys; also: measure, load, sweep, execution, metrics, report, claims
  concexp schema > concexp.schema.json     all of that for editors: completion, and mistakes while you type
  concexp report reports/x --html          its page in one file to send around; of `reports` all, with an index
  concexp export reports/x --format csv    its numbers for other programs: csv, parquet, json, pyperf
  concexp compare RUN_A RUN_B              what differs between stored runs: faster, slower, or just noise
  concexp ci x.yaml --against main         claims and speed checked for a CI: JUnit XML, summary, comment, pages
  concexp bundle reports/x                 one zip with all that a run was made from, for others to check
  concexp reproduce x.zip --quick          check such a zip, run it here, and compare
  concexp show environment                 variables and, by `show files`, files that your code needs
  concexp doctor                           what could spoil measurements here now, and how to fix it
  concexp selftest                         whether known answers come out right here (1: one does not)

Exit codes: 0 done; 1 done, but a trial ended badly and `allow` did not expect it, a part of the page could not be made, a claim
was refuted (with --check) or not supported (with --strict), or versions or runs show a regression (with --check); 2 the YAML or
the command line is wrong; 3 it cannot run here; 130 interrupted, the same command continues the run.
"""
