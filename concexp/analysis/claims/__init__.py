"""An experiment's claims and its measurements -> verdicts."""
