"""How the assistant is judged: benchmarks of quality, cost and overhead."""
