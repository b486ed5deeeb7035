"""What the streams leave for the next sync: read, migrated and written in one room."""
