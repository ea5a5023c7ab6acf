"""A plan -> records on disk: the runner, and the child, the machine and the storage that it needs."""
