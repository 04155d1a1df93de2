"""All runs of a scene at once: a graph of its states, and who may move in each.

Two runs are in the same state if each actor stands at the same place and has seen and done the
same, and what is shared is the same.  So the graph has as many paths as there are orders.

Bottom to top: ``states`` are its nodes and moves; ``shared`` tells the values of what actors share;
``walks`` are runs that draw where they come by; ``whole`` plays as many as there is to draw.
"""

from proven.stage.explore.graph.states import DONE, Move, State, hopes
from proven.stage.explore.graph.whole import Graph

__all__ = ["DONE", "Graph", "Move", "State", "hopes"]
