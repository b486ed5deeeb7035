"""What keeps the connector from reading, and who can mend it: the rooms behind `check` and `diagnose`."""
