"""Any operation through boto3, in the terms of JSON."""

from __future__ import annotations

import base64
import io
import urllib.error
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.hooks import HierarchicalEmitter
from botocore.stub import Stubber

from poolsafe.adapters.service_api import BotoService
from poolsafe.adapters.throttles import hear_throttles
from poolsafe.adapters.web import PublicWeb
from poolsafe.errors import (
    AccessDenied,
    AlreadyExists,
    NotFound,
    Rejected,
    ServiceUnavailable,
    Throttled,
    Unexpected,
)

POOL = "us-east-1_Source"
LOGO = b"\x89PNG\x00"
LOGO_TEXT = base64.b64encode(LOGO).decode()


@pytest.fixture
def api(stub: Stubber) -> BotoService:
    return BotoService("cognito-idp", "us-east-1", stub.client)


def test_times_come_as_text(stub: Stubber, api: BotoService) -> None:
    moment = datetime(2026, 11, 22, 3, tzinfo=UTC)
    stub.add_response("describe_user_pool", {"UserPool": {"Id": POOL, "CreationDate": moment}}, {"UserPoolId": POOL})
    assert api.call("DescribeUserPool", UserPoolId=POOL) == {
        "UserPool": {"Id": POOL, "CreationDate": "2026-11-22T03:00:00+00:00"}
    }


def test_bytes_come_as_base64_and_go_as_bytes(stub: Stubber, api: BotoService) -> None:
    asset = {"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG"}
    settings = {"a": [{"b": "aGVsbG8="}], "c": None}
    stub.add_response(
        "create_managed_login_branding",
        {"ManagedLoginBranding": {"Settings": settings, "Assets": [{**asset, "Bytes": LOGO}]}},
        {
            "UserPoolId": POOL,
            "ClientId": "client",
            "Settings": settings,
            "Assets": [{**asset, "Bytes": LOGO}],
        },
    )
    answer = api.call(
        "CreateManagedLoginBranding",
        UserPoolId=POOL,
        ClientId="client",
        Settings=settings,
        Assets=[{**asset, "Bytes": LOGO_TEXT}],
    )
    assert answer == {"ManagedLoginBranding": {"Settings": settings, "Assets": [{**asset, "Bytes": LOGO_TEXT}]}}


def test_a_logo_goes_as_bytes(stub: Stubber, api: BotoService) -> None:
    stub.add_response(
        "set_ui_customization", {"UICustomization": {"UserPoolId": POOL}}, {"UserPoolId": POOL, "ImageFile": LOGO}
    )
    api.call("SetUICustomization", UserPoolId=POOL, ImageFile=LOGO_TEXT)


def test_an_operation_that_the_sdk_lacks_is_known_to_be_lacking(stub: Stubber, api: BotoService) -> None:
    assert api.knows("DescribeUserPool")
    assert not api.knows("DescribeTheFuture")
    with pytest.raises(Unexpected, match="DescribeTheFuture is not an operation"):
        api.call("DescribeTheFuture", UserPoolId=POOL)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("TooManyRequestsException", Throttled),
        ("ResourceNotFoundException", NotFound),
        ("DuplicateProviderException", AlreadyExists),
        ("ManagedLoginBrandingExistsException", AlreadyExists),
        ("TermsExistsException", AlreadyExists),
        ("ConcurrentModificationException", ServiceUnavailable),
        ("InternalErrorException", ServiceUnavailable),
        ("AccessDeniedException", AccessDenied),
        ("LimitExceededException", Rejected),
        ("SomethingNewException", Rejected),
    ],
)
def test_errors_are_ours_and_say_nothing_of_what_was_sent(
    stub: Stubber, api: BotoService, code: str, error: type[Exception]
) -> None:
    stub.add_client_error("describe_user_pool", code, "s3cr3t", http_status_code=400)
    with pytest.raises(error) as raised:
        api.call("DescribeUserPool", UserPoolId=POOL)
    assert type(raised.value) is error
    assert "s3cr3t" not in str(raised.value)
    assert "DescribeUserPool" in str(raised.value)


def test_throttles_that_botocore_retries_are_heard_of(stub: Stubber) -> None:
    heard: dict[str, float] = {}
    events = HierarchicalEmitter()
    model = stub.client.meta.service_model
    hear_throttles(SimpleNamespace(meta=SimpleNamespace(events=events, service_model=model)), heard.__setitem__)
    for code in ("TooManyRequestsException", "ResourceNotFoundException"):
        events.emit(
            "needs-retry.cognito-identity-provider.ListTerms",
            response=(None, {"Error": {"Code": code}}),
            operation=model.operation_model("ListTerms"),
            request_dict={"context": {}},
        )
    assert heard == {"ListTerms": 0}


# The web.


class Page(io.BytesIO):
    """What urlopen answers."""


def test_a_logo_is_fetched_up_to_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: Page(LOGO))
    assert PublicWeb().fetch("https://example.com/logo", len(LOGO)) == LOGO
    with pytest.raises(Rejected, match="TooLarge"):
        PublicWeb().fetch("https://example.com/logo", len(LOGO) - 1)


def test_nothing_but_the_web_is_fetched() -> None:
    for url in ("file:///etc/passwd", "ftp://example.com", "logo.png"):
        with pytest.raises(Rejected, match="NotAWebAddress"):
            PublicWeb().fetch(url, 10)


def test_an_address_that_does_not_answer_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(url: str, timeout: float) -> None:
        raise urllib.error.URLError("s3cr3t")

    monkeypatch.setattr("urllib.request.urlopen", fail)
    with pytest.raises(ServiceUnavailable, match="URLError") as raised:
        PublicWeb().fetch("https://example.com/logo", 10)
    assert "s3cr3t" not in str(raised.value)
