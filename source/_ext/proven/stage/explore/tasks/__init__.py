"""The explorer of tasks.

Bottom to top: ``worker`` is a call in a thread; ``handles`` tells what could run; ``loop`` asks the
schedule which of it does; ``program`` plays all orders.
"""
