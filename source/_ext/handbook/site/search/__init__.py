"""What the search and the search engines read.

Bottom to top: ``ranking`` is the index, how much each page has to say on each word; ``excerpts``
are the pages' texts beside it, and what search engines ask for.
"""

from handbook.site.search.excerpts import finish, write_text
from handbook.site.search.ranking import note, write

__all__ = ["finish", "note", "write", "write_text"]
