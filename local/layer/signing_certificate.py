"""The certificate with which a user pool signs its SAML requests: each pool has its own, and it stays.

Source: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetSigningCertificate.html:
valid for ten years. Assumed: Base64 of the DER form, without the lines of PEM.
"""

from __future__ import annotations

import base64
import datetime
from collections.abc import Mapping
from typing import Any

from .operations import Json, answering, kept

YEARS = 10


def _get(pool: Json, _members: Mapping[str, Any]) -> Json:
    certificate = kept(pool, "signing_certificate")
    if not certificate:
        certificate["Certificate"] = _certificate(pool["Id"])
    return {"Certificate": certificate["Certificate"]}


def _certificate(pool_id: str) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, pool_id)])
    start = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=365 * YEARS))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


signing_certificate = answering({"GetSigningCertificate": _get})
