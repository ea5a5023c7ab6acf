"""What is done: one file is one workload, its YAML name is the file's name."""
