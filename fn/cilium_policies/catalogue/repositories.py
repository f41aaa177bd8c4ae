"""Where a backup goes, as the Secret that an object names says it: restic's and Kopia's repositories.

    place(entries) -> "https://minio.storage.svc:9000"      an address
    place(entries) -> ""                                     a folder: nobody is called

`entries` are the Secret's keys and values, or the template's of the ExternalSecret that writes it. A bucket says
nothing of where its store is: an endpoint beside it does, or the store is the cloud's own.
"""

from __future__ import annotations

import re

from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import Mapping

_NAMES = ("RESTIC_REPOSITORY", "KOPIA_REPOSITORY")
_ENDPOINTS = ("KOPIA_S3_ENDPOINT", "AWS_S3_ENDPOINT", "S3_ENDPOINT", "AWS_ENDPOINT_URL")
_FOLDER = re.compile(r"/|filesystem:|local:|file:")
# restic writes the way before the address: `s3:https://host/bucket`, `s3:host:9000/bucket`, `rest:http://host:8000/`.
_BY_ADDRESS = re.compile(r"(?:s3|rest):(?=[^/])((?:https?://)?[^/\s]+)")
_BUCKET = re.compile("s3://")


class UnknownPlaceError(CiliumPoliciesError):
    """The input does not say where the backup goes, or in a way that is not known; the text says why."""


def place(entries: Mapping) -> str:
    """An address, or "" for a folder. Raises UnknownPlaceError."""
    written = next((str(entries[name]).strip() for name in _NAMES if entries.get(name)), "")
    if not written or "{{" in written or "$" in written:
        raise UnknownPlaceError("its Secret does not show the repository")
    if _FOLDER.match(written):
        return ""
    if _BUCKET.match(written):
        return _endpoint(entries)
    found = _BY_ADDRESS.match(written)
    if found is None:
        raise UnknownPlaceError("its repository names no address")
    return found[1]


def _endpoint(entries: Mapping) -> str:
    found = next((str(entries[name]).strip() for name in _ENDPOINTS if entries.get(name)), "")
    if not found or "{{" in found or "$" in found:
        raise UnknownPlaceError("the input does not show where its bucket is stored")
    return found
