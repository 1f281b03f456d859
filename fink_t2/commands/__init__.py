"""The subcommands of ``fink-t2``, one module each.

A command module has a docstring (its help text), ``add_arguments(parser)`` and
``run(args) -> int`` (the exit code). It is imported only when it is called, so that
``fink-t2 classify`` never pays for TensorFlow.
"""
