"""What keeps the connector from reading, and who can fix it: everything behind `check` and `diagnose`."""
