"""What is made of all pages, when all are read.

Bottom to top: ``numbering`` counts figures and listings; ``tables`` makes one table; ``rows`` are
what is said of each claim; ``screen`` writes them for screens; ``ledger`` marks the claims and
lists them with their proofs; ``mutants`` and ``reports`` tell how it was checked;
``overview`` gathers answers, corrections and messages.
"""
