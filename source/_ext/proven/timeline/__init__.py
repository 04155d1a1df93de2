"""A trace as a picture or in the terminal: lanes of tasks, threads and processes.

Bottom to top: ``lanes`` sorts a trace's moments into lanes; ``words`` tells them to who
can't see; ``canvas`` is an SVG that is written piece by piece; ``flags`` arranges the lines
above a lane, ``scale`` finds room for them; ``drawing`` lays all out; ``terminal`` shows
a trace without a picture.
"""
