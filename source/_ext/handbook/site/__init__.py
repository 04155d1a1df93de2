"""The site, beyond what furo gives: each room does one thing to every page that is written.

Bottom to top: ``repairs`` mends other projects' templates and tools; ``navigation`` makes the
contents at the side once for all pages; ``head`` describes the page; ``search`` feeds the
search and search engines; ``outdated`` tells which pages must be written; ``html`` leaves the rest
alone, too; ``extra`` are pages without a source, as those of proofs; ``epub`` finishes the book for
readers' devices.
"""
