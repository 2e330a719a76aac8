"""The parts of `scripts/build_model.py`: reading weights, cutting the vocabulary, drawing the graph.

Nothing here is installed with magray; it needs the build dependencies that `scripts/build_model.py` names.
"""
