"""What is kept on disk: the folder of a run, and its journal."""
