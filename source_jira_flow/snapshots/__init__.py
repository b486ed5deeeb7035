"""Lists that Jira gives whole: everything is read, and only what is new, changed or gone is sent."""
