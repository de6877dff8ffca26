"""How a turn thinks: the state machine, its nodes and the models behind it."""
