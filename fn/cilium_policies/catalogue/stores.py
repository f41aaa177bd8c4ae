"""Object stores that a setting names by a part of their host, or by their kind alone."""

from __future__ import annotations

# Lines of a configuration, and what they say with the host in the place of its part.
STORES = (
    (
        r"(?i)((?:storage_?account(?:_?name)?|(?<=;)accountname)[\"']?\s{0,8}[:=]\s{0,8}[\"']?)([a-z0-9]{3,24})(?![\w.\-])",
        r"\1https://\2.blob.core.windows.net",
    ),
    (r"(?m)^(\s{0,40}type:\s{1,8}[\"']?)GCS\b", r"\1https://storage.googleapis.com"),
)
