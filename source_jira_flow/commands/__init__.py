"""Verbs for the command line besides `diagnose` and `oauth`: `save`, `state` and `split`."""
