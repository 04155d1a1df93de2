"""What is made of all pages, when all are read.

Bottom to top: ``numbering`` counts figures and listings; ``tables`` makes one table; ``ledger``
lists the claims with their proofs; ``mutants`` and ``reports`` tell how it was checked;
``overview`` gathers answers and corrections.
"""
