"""The parts of `scripts/build_model.py`: reading weights, cutting the vocabulary, drawing the graph, packing the folder.

Nothing here is installed with magray; it needs the build dependencies that `scripts/build_model.py` names.
"""
