"""What this machine is, how busy it is, and what could distort measurements on it."""
