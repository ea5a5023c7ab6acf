"""What guards or connects the workers: one file is one primitive, its YAML name is the file's name."""
