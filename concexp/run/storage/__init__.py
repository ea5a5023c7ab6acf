"""What is kept on disk: the run's folder and its journal."""
