"""A certificate as Sigstore's authority gives a workflow one, by an authority of these tests: what a signature is
verified by is who the certificate says signed, and who told the authority so."""

from __future__ import annotations

from pathlib import Path

from tests.tools import run, succeeded

# As sigstore/fulcio v1.7.1 docs/oid-info.md says: the issuer as plain text and, since, as UTF8String
EXTENSIONS = """\
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[signer]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = codeSigning
subjectAltName = critical,URI:{identity}
1.3.6.1.4.1.57264.1.1 = DER:{plain}
1.3.6.1.4.1.57264.1.8 = ASN1:UTF8String:{issuer}
"""
KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config extensions"
COMMANDS = f"""\
openssl req {KEY} -x509 -subj /CN=authority -extensions authority -keyout authority.key -out authority.pem
openssl req {KEY} -subj / -keyout signer.key -out signer.csr
openssl x509 -req -in signer.csr -CA authority.pem -CAkey authority.key -CAcreateserial -extfile extensions \\
  -extensions signer -out signer.pem
"""


def certified(folder: Path, identity: str, issuer: str) -> None:
    """Writes signer.key, signer.pem and authority.pem, which signed that."""
    (folder / "extensions").write_text(
        EXTENSIONS.format(identity=identity, issuer=issuer, plain=issuer.encode().hex())
    )
    succeeded(run(["sh", "-ec", COMMANDS], cwd=folder))
