"""What a trial tells when it hangs: notes, stacks of tasks, and who holds which lock."""
