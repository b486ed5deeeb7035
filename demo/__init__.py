"""`make demo` and `make sync`: Jira into DuckDB with PyAirbyte, to be looked at. Not part of the package."""
