"""The speed comparison: `python -m bench`."""
