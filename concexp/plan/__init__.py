"""A spec and facts -> a plan: every cell, the impossible ones with their reason, and the order of the trials."""
