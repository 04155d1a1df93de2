"""Proof that the proofs can fail: every snippet is changed, and somebody must notice.

Bottom to top: ``text`` is a source with edits by node, and tells which neighbours may be swapped;
``operators`` are the small changes; ``mutations`` applies them all; ``prover`` runs a proof again
and again unless it is known how it ends; ``worker`` tries a page's mutants with it, in a process
of its own; ``workers`` listens to those; ``report`` brings together what they told, ``record``
knows what needn't be tried.  The command is above.
"""
