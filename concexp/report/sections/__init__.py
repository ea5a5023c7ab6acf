"""The page's sections: one file is one, and returns sentences in Markdown."""
