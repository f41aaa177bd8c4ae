"""Releases that nobody renders: every chart that the catalogue knows, rendered, beside what the release alone gives."""
