"""Walking inside a prior: the space at one of its layers, all layers in turn, and what judges the candidates."""
