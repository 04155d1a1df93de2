"""The explorer of threads.

Bottom to top: ``bytecode`` tells where a switch matters; ``actor`` is one thread of those that
take turns; ``run`` is a program's; ``locks``, ``signals``, ``queues`` are what they wait for;
``standins`` load a program upon those; ``program`` plays all orders.
"""
