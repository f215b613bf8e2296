"""Answers that nobody has recorded, made from the providers' own SDKs' types."""
