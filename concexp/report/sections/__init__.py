"""The page's sections, one per file: sentences, tables and rows in Markdown. `report.contents` has their order."""
