"""Numbers about sets of images: budgets, distances, coverage."""
