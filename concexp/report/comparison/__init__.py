"""The page of a comparison of stored runs: Markdown, pictures and tables, the same bytes for the same runs."""
