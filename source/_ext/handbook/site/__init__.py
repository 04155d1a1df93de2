"""The site, beyond what furo gives: each room does one thing to every page that is written.

``repairs`` mends other projects' templates and tools, ``navigation`` writes the contents at the
side once for all pages, ``head`` describes the page, ``proofs`` shows the tests, ``search`` feeds
the search, ``outdated`` tells which pages must be written, ``epub`` finishes the book for readers'
devices.
"""
