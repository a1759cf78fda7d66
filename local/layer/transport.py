"""Requests are marked as come over TLS, which AWS is reached by and the embedded cloud is not.

AWS is called over TLS, and the snapshot bucket's policy denies the rest (`aws:SecureTransport`,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-securetransport).
The embedded cloud listens in clear, on the loopback interface alone, so this stands for the proxy that would terminate
TLS and say so in a header. A request that already says how it came is believed: that is how a test asks for the denial.
"""

from __future__ import annotations

from .controls import App, Receive, Scope, Send

HEADER = b"x-forwarded-proto"


def as_if_over_tls(app: App) -> App:
    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not any(name.lower() == HEADER for name, _ in scope["headers"]):
            scope = {**scope, "headers": [*scope["headers"], (HEADER, b"https")]}
        await app(scope, receive, send)

    return marked
