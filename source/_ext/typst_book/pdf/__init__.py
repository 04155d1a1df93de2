"""From markup to PDF.

Bottom to top: a ``part`` is what is typeset at once; ``compiler`` typesets all until their page
numbers agree; ``objects`` and ``fonts`` are what PDFs are made of; ``joiner`` makes one PDF of
several; ``apart`` writes that of the book, of each chapter alone, and booklets.
"""
