"""What the assistant may do: tools, their registry, their policy and the way out to the network."""
