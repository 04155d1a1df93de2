"""From markup to PDF.

Bottom to top: a ``part`` is what is typeset at once; ``typesetter`` is the program that does so;
``compiler`` calls it until the page numbers of all parts agree; ``objects`` and ``fonts`` are what
PDFs are made of; ``joiner`` makes one PDF of several; ``apart`` writes that of the book, of each
chapter alone, and booklets.
"""
