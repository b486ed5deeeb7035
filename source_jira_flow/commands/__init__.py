"""The verbs `save`, `state` and `split`."""
