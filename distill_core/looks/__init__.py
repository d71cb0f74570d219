"""What is computed from finished or running runs to be looked at: planes, spread, activation maps, walks in a generator."""
