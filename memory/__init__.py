"""What lasts beyond a turn: the list of threads."""
