"""The verb `oauth`: from a base URL to a working OAuth 1.0a token, with a person at the terminal or without."""
