"""The explorer of tasks: a loop that asks a schedule, its worker threads, all runs."""
