"""The issue scan: reads each page of issues once, for every stream that is made of issues.

`streams` gives the CDK its streams, `fed` is the table of what is made of an issue. `scan` plans (`plan`), lets workers
do the jobs of `backfill` and `incremental`, which yield batches of issues, sends their records, and settles them in
`checkpoints`. `reader` asks Jira: `pages` walks through a range of time, `by_id` through one crowded second, `search`
says what a page holds. `verification` compares what came with what Jira counts.
"""
