"""Plays programs, records what happens, and keeps the proofs of a book's claims.

It knows neither Sphinx nor Russian.  Bottom to top: ``stage`` plays a program and
returns its trace; ``claims`` reads marked sentences and proofs as text; ``findings``
are the files in which checks keep what they found; ``shown`` compares an output on a
page with a fresh recording; ``book`` gathers all of a book with its fingerprints;
``proofs`` is the pytest plugin; ``timeline`` draws a trace; ``checks`` are the
commands that write findings.  Nothing imports upwards.
"""
