"""Stand-ins for locks that record their holders; only in diagnostic trials."""
