"""What is compared. Each reader takes `--config` and `--catalog` as an Airbyte source does, and writes messages."""
