"""What a trial reports when it hangs: notes, stacks of tasks, and who holds which lock."""

LOCK_WATCH = "CONCEXP_HOLDING"  # the environment variable that makes a trial diagnostic: see `lock_watch`
