"""What this machine is, how busy it is, and what of it endangers numbers."""
