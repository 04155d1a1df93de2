"""A trace as a picture or in the terminal: lanes of tasks, threads and processes."""
