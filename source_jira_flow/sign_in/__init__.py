"""The ways to sign in, a class each."""
