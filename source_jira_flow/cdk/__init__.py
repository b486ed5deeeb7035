"""The interface to the CDK: its internals, the output, the masking of secrets."""
