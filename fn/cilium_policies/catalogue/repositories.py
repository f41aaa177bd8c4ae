"""Where a backup goes, as the Secret that an object names says it: restic's and Kopia's repositories.

    place(entries) -> "https://minio.storage.svc:9000"      an address
    place(entries) -> ""                                     a folder: nobody is called
    host_of("s3:https://u:p@minio:9000/bucket") -> ("minio", 9000, True)
    without_path("s3:https://u:p@minio:9000/bucket") -> "s3:https://minio:9000/"

restic writes the way in front of the address, which so is no URL: `s3:https://host/bucket`, `s3:host:9000/bucket`,
`rest:https://user:password@host:8000/`, `sftp:user@host:/folder`, `sftp://user@host:2222//folder`. Source: restic's
documentation, "Preparing a new repository".

`entries` are the Secret's keys and values, or the template's of the ExternalSecret that writes it. A bucket says
nothing of where its store is: an endpoint beside it does, or the store is the cloud's own.
"""

from __future__ import annotations

import re

from cilium_policies.errors import CiliumPoliciesError
from cilium_policies.kube.objects import Mapping

_PORTS = {"http": 80, "https": 443, "sftp": 22}
_HOST = r"([A-Za-z0-9][\w.\-]{0,252})"
_BY_URL = re.compile(
    rf"((?:s3|rest):(https?)|(sftp))://(?:[^\s/@]{{1,256}}@)?{_HOST}(?::(\d{{1,5}}))?(?:/[^@]*)?"
)
_BY_HOST = re.compile(rf"s3:{_HOST}(?::(\d{{1,5}}))?/[^@]*")
_BY_LOGIN = re.compile(rf"sftp:(?:[\w.\-]{{1,64}}@)?{_HOST}:(?!//)[^@]+")
_NAMES = ("RESTIC_REPOSITORY", "KOPIA_REPOSITORY")
_ENDPOINTS = ("KOPIA_S3_ENDPOINT", "AWS_S3_ENDPOINT", "S3_ENDPOINT", "AWS_ENDPOINT_URL")
_FOLDER = re.compile(r"/|filesystem:|local:|file:")
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


def host_of(written: str) -> tuple[str, int, bool] | None:
    """Host, port, and whether the port stands there, of a repository of restic's. None where an `@` stands behind the
    host: what reads as one may be the beginning of a password."""
    if (found := _BY_URL.fullmatch(written)) is not None:
        return found[4], int(found[5] or _PORTS[found[2] or found[3]]), bool(found[5])
    if (found := _BY_HOST.fullmatch(written)) is not None and ("." in found[1] or found[2]):
        return found[1], int(found[2] or _PORTS["https"]), bool(found[2])
    if (found := _BY_LOGIN.fullmatch(written)) is not None:
        return found[1], _PORTS["sftp"], False
    return None


def without_path(written: str) -> str:
    """A repository of restic's with its way, host and port alone; "" for what is none."""
    found = host_of(written)
    if found is None:
        return ""
    url = _BY_URL.fullmatch(written)
    way = f"{url[1]}://" if url is not None else f"{written.partition(':')[0]}:"
    port = f":{found[1]}" if found[2] else ""
    return f"{way}{found[0]}{port}{':/' if way == 'sftp:' else '/'}"
