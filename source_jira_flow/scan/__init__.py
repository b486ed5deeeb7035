"""The issue scan: one sweep over issues that feeds every stream that is made of them.

`plan` turns the streams' states into scopes (projects that share their progress) and jobs, `keyset` reads a range of
time page by page, `sweep` runs the jobs in parallel lanes and keeps the progress, `state` writes it down, and
`verification` holds what came against what Jira counts.
"""
