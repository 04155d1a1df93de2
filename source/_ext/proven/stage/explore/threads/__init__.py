"""The explorer of threads: a scheduled run, the locks in it, where switches matter, all runs."""
