"""Speed, calls and memory of `read`, beside a bare loop and beside Airbyte's declarative way.

`python -m benchmarks` runs everything on the fake Jira and writes `results/`. `page_server` answers from memory,
`readers` are what is compared, each a process of its own; `plan` says what is run, `figures` what is made of it.
"""
