"""The measured window of one pass: the workers' reports -> how many operations were done in what time.

Where operations are counted, the window lasts from the first start to the last stop and holds them all. Where they arrive at
their own times, it lasts at least as long as they do: of 25 that arrive in half a second, the last comes after 24 gaps, and by
the time of that one they would seem to come faster than they do.

Where a time is given, each worker goes on until it is over and then ends the operation under way, so stops differ by up to
the length of an operation. Neither the operations within the common time nor the sum of each worker's own operations by its
own time are the truth then: the first loses what was under way, up to one operation of each worker; the second counts the
time in which some workers have a CPU or the GIL to themselves as if all could have it (threads start 5 ms apart or more under
the GIL, so eight of them come out 5 % too fast in half a second). So the window is a stretch of time, cut out of the pass without
regard to when operations begin and end, and an operation under way at a cut counts by the share of its time that lies within.
The stretch begins when all are at work, and not before an eighth of the time is over: at the start all operations begin
anew, which is no typical moment where their lengths differ (an excess of cv² / 2 operations of each worker, by renewal
theory). It ends when the given time is over, counted from the first start.

That share is right where an operation goes on evenly. Where workers take turns, the first ones are done early and all the others
are late, and with few operations each these shares would decide the rate: 32 threads under the GIL seemed to do six times what
one does. So where a worker does fewer than `FEW` operations on average, the window is the whole pass. Workers that end before the
last one make that rate too low by up to an operation each; it is never one that was not reached.
"""

from concexp.trial.passes import Report

SECOND = 1_000_000_000
LEAD = 8  # the window leaves out the first eighth of the given time
FEW = 8  # operations of each worker below which nothing is cut: then one takes over an eighth of the time (the doubt `coarse`)


class Window:
    """What a pass came to, from its reports. `creation` is the clock when the creation of the workers began, or None.

    ops         operations done in the whole pass
    wall_s      the time that they took, so that ops / wall_s is the throughput; where time was given, the time that they would
                have taken at the rate of the window: an operation that ended later is in both numbers
    window_s    the stretch from which that rate was taken; None for counted operations
    start_skew_s, stop_skew_s   from the first start to the last, and for the stops
    all_active  the share of the pass, or of the given time, in which all were at work
    """

    def __init__(self, reports, ops, wall, end, creation):
        starts = [report.start for report in reports]
        stops = [report.stop for report in reports]
        begin, last = min(starts), max(starts)
        self.ops = ops
        self.wall_s = (wall + (0 if creation is None else begin - creation)) / SECOND
        self.window_s = None
        self.start_skew_s = (last - begin) / SECOND
        self.stop_skew_s = (max(stops) - min(stops)) / SECOND
        self.all_active = max(0.0, (min(end, *stops) - last) / max(1, end - begin))


def counted(reports, ops, creation, arriving=0):
    """The window of a pass of `ops` operations, which arrived for `arriving` ns."""
    begin, end = min(report.start for report in reports), max(report.stop for report in reports)
    return Window(reports, ops, max(end - begin, arriving), end, creation)


def timed(reports, duration, creation, workers):
    """The window of a pass for which `duration` ns were given; a pool has one report for all its `workers`."""
    starts = [report.start for report in reports]
    begin = min(starts)
    cut, end = begin + duration // LEAD, begin + duration
    if cut < max(starts) <= begin + duration // 2:  # who starts later takes turns with the first, and has none before
        cut = max(starts)
    done = sum(report.done for report in reports)
    stop = max(report.stop for report in reports)
    whole = done < FEW * workers and stop > end
    window = Window(reports, done, stop - begin if whole else time_taken(reports, cut, end), end, creation)
    window.window_s = (stop - begin if whole else end - cut) / SECOND
    return window


def by_worker(reports, workers):
    """([the operations of each worker], [seconds from its first start to its last stop]), from a report of each body.

    Body k belongs to worker k modulo `workers`: see `Model.bodies`.
    """
    own = [reports[worker::workers] for worker in range(workers)]
    ops = [sum(report.done for report in several) for several in own]
    spans = [max(report.stop for report in several) - min(report.start for report in several) for several in own]
    return ops, [span / SECOND for span in spans]


def time_taken(reports, cut, end):
    """How long all operations of the reports take, ns, at the rate at which they were done from `cut` to `end`."""
    within = sum(done_by(report, end) - done_by(report, cut) for report in reports)
    return sum(report.done for report in reports) * (end - cut) / within if within else end - cut


def done_by(report, moment):
    """The operations that a report's worker had done by a moment; that under way counts by the share of its time."""
    before = (report.start, 0)
    if moment <= report.start:
        return 0
    for point in (*report.progress, (report.stop, report.done)):
        if moment < point[0]:
            return before[1] + (point[1] - before[1]) * (moment - before[0]) / (point[0] - before[0])
        before = point
    return report.done


def pool_report(start, ends, total, workers, duration):
    """The one report of a pool that did tasks for `duration` ns; `ends` has the clock at the end of each, in any order."""
    ends = sorted(ends)
    return Report(start, ends[-1], 0, len(ends), total, pool_progress(start, ends, workers, duration))


def pool_progress(start, ends, workers, duration):
    """The progress of a pool, from the clock at the end of each of its tasks in ascending order.

    Nothing tells when a task began; but a pool that always has tasks in its queue begins one whenever one ends.
    """
    from bisect import bisect_right

    begins = [start] * workers + ends[: max(0, len(ends) - workers)]
    progress = []
    for part in range(1, LEAD + 1):
        moment = start + duration * part // LEAD
        over, begun = bisect_right(ends, moment), bisect_right(begins, moment)
        under_way = zip(begins[over:begun], ends[over:begun])
        progress.append((moment, over + sum((moment - begin) / (end - begin) for begin, end in under_way)))
    return [point for point in progress if point[0] < ends[-1]]
