"""Runs a plan on the hosts of a Dask cluster: the same steps as here, taken elsewhere; this process alone writes the journal.

connection   a named cluster -> its workers, and calls on one of them: the only module that knows Dask
parcel       what travels to a host: the run's folder, the code of the trials, and their hashes
host         what happens there
hosts        the workers that there are, and what they say they are
admission    which hosts may take part, and in what they differ
coordinator  has hosts take steps, and writes each record as it arrives
strategies   which host does what: share the blocks of a run, or do a whole one
blocks       which host gets which block
"""
