"""The shape of pages and their words, checked with file and line.

`python -m handbook.style [PAGE…]` (a part of make lint) reads pages as text, without
Sphinx: ``page`` parses one, ``shape`` knows how a question's page is built, ``blocks``
what may stand in a fence or as an image, ``words`` the house rule of style, spelling
and the table of terms (source/_terms.toml), ``names`` whether the standard library has what
inline code names, ``links`` whether there is what a link leads to.  ``command`` runs them all.
"""
