"""concexp: which concurrency model suits a Python workload, and how sure can one be?"""

__version__ = "0.1.0"
