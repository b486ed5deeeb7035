"""Where this package meets the CDK: its seams, the output, the masking of secrets."""
