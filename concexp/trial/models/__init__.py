"""How work is made concurrent: one file is one model, its YAML name is the file's name."""
