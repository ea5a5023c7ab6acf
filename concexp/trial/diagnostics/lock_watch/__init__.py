"""Stand-ins for locks that tell who holds them; only in diagnostic trials."""
