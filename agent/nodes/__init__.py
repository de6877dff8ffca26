"""The nodes of the state machine: plain async functions from state to partial state."""
