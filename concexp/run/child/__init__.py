"""The parent's side of a sealed child: start it, watch it, end it, and leave nothing behind."""
