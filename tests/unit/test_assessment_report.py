"""The report and its page: they fit the schema, name nobody, and let no name become markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolsafe.adapters.html import HEADLINES, assessment_html
from poolsafe.domain.assessment.charts import chart, charts, share
from poolsafe.domain.assessment.mfa_sample import MfaSample
from poolsafe.domain.assessment.recommend import Recommendation
from poolsafe.domain.assessment.report import assessment_report
from poolsafe.domain.assessment.survey import UserSurvey
from poolsafe.domain.configuration.model import Configuration, Section
from poolsafe.schema_check import require
from tests.unit.assessments import NOW, RATES, SES, Pool, configuration, federated, five_pools, identities, user

EVIL = "<script>alert('x')</script>"
DOCUMENTS = {
    "clients": [{"ClientId": "client-1", "ClientName": "Web", "ClientSecret": "s3cr3t-of-the-client"}],
    "identity_providers": [
        {"ProviderName": "Okta", "ProviderType": "SAML", "ProviderDetails": {"client_secret": "s3cr3t-of-okta"}},
        {"ProviderName": "Google", "ProviderType": "Google"},
    ],
    "domains": [
        {"Domain": "shop"},
        {"Domain": "login.example.com", "CustomDomainConfig": {"CertificateArn": "arn:aws:acm:::c"}},
    ],
}  # fmt: skip


class Page(HTMLParser):
    """The tags of a page, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [str(value) for name, value in attributes if name in ("src", "srcset", "data", "xlink:href")]
        self.fetched += [str(value) for name, value in attributes if name == "href" and not str(value).startswith("#")]


def full_report() -> dict[str, Any]:
    """With something in every section."""
    sample = MfaSample()
    sample.add(("SMS_MFA",))
    linked = user(0, attributes={"identities": identities("Google")})
    users = [linked, federated(1), *(user(number, days=400) for number in range(2, 30))]
    target = {"Id": "us-east-1_Target", "UsernameAttributes": ["email"]}
    options = {
        "mfa_sample": sample,
        "target": target,
        "snapshot": "us-east-1_Source/latest",
        "taken_at": NOW.isoformat(),
    }
    pool = configuration(DOCUMENTS, LambdaConfig={"PreTokenGeneration": "arn:aws:lambda:us-east-1:1:function:claims"})
    return Pool(users, pool, changes=("case_sensitivity", "username_attributes"), options=options).report()


def empty_report() -> dict[str, Any]:
    """A pool of which nothing is known but its id."""
    return assessment_report(
        assessment_id="a",
        configuration=Configuration({"user_pool": {"Id": "us-east-1_Source"}}),
        survey=UserSurvey(NOW),
        groups=0,
        rates=RATES,
    )


def test_a_full_report_fits_its_schema_and_has_a_page() -> None:
    report = full_report()
    require("assess.report", json.loads(json.dumps(report)))
    assert "<h2" in assessment_html(report)


def test_an_empty_pool_has_a_report_and_a_page() -> None:
    report = empty_report()
    require("assess.report", json.loads(json.dumps(report)))
    assert report["recommendation"]["way"] == "reset"
    assert "no users" in assessment_html(report)


@pytest.mark.parametrize("pool", five_pools())
def test_the_answer_comes_first(pool: str) -> None:
    report = five_pools()[pool].report()
    page = assessment_html(report)
    assert page.startswith("<!DOCTYPE html>")
    assert HEADLINES[report["recommendation"]["way"]] in page
    assert page.index('class="said"') < page.index("<h3>")


def test_every_recommendation_has_a_headline() -> None:
    assert set(HEADLINES) == {way.value for way in Recommendation}


markers = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=8, max_size=12).map("qz".__add__)


@given(st.lists(markers, min_size=6, max_size=6, unique=True), st.booleans())
def test_no_user_is_named_in_the_report_or_on_the_page(found: list[str], sampled: bool) -> None:
    username, sub, mail, value, subject, name = found
    attributes = {
        "email": f"{mail}@example.com",
        "email_verified": "true",
        "phone_number": f"+49{mail}",
        "custom:team": value,
        "name": name,
        "identities": identities("Okta", user_id=subject),
    }
    users = [
        user(0, username=username, sub=sub, attributes=attributes),
        user(1, username=f"Okta_{subject}", sub=sub, status="EXTERNAL_PROVIDER", attributes={"name": name}),
        user(2, username=f"{mail}@example.com", sub=sub, status=name, mfa_methods=(value,) if sampled else None),
    ]
    report = Pool(users, configuration(DOCUMENTS)).report()
    told = json.dumps(report) + assessment_html(report)
    assert [marker for marker in found if marker in told] == []


def test_no_secret_of_the_configuration_is_in_the_report() -> None:
    report = full_report()
    assert "s3cr3t" not in json.dumps(report) + assessment_html(report)


def test_no_name_becomes_markup() -> None:
    documents = {
        "clients": [{"ClientId": EVIL, "ClientName": EVIL}],
        "identity_providers": [{"ProviderName": EVIL, "ProviderType": "SAML"}],
        "domains": [{"Domain": EVIL}],
        "external": [{"kind": EVIL, "used_by": EVIL, "arn": f'"{EVIL}'}],
    }
    evil = configuration(documents, Name=EVIL, SchemaAttributes=[{"Name": f"custom:{EVIL}"}], UserPoolTier=EVIL)
    pool = Configuration(evil.documents, (Section(EVIL, "failed", EVIL),))
    people = [federated(0, provider=EVIL), user(1, attributes={f"custom:{EVIL}": EVIL})]
    target = {"Id": EVIL, "UsernameAttributes": [EVIL]}
    page = assessment_html(Pool(people, pool, options={"target": target, "snapshot": EVIL}).report())
    assert "&lt;script&gt;" in page
    assert "script" not in Page(page).tags


def test_a_report_from_elsewhere_is_escaped_too() -> None:
    def poisoned(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: poisoned(value) for name, value in part.items()}
        if isinstance(part, list):
            return [poisoned(value) for value in part]
        return f"{part}{EVIL}" if isinstance(part, str) else part

    report = full_report()
    kept = {"recommendation": report["recommendation"]["way"]}
    ways = [way["way"] for way in report["ways"]]
    report = poisoned(report)
    report["recommendation"]["way"] = kept["recommendation"]
    for row, way in zip(report["ways"], ways, strict=True):
        row["way"] = way
    assert "script" not in Page(assessment_html(report)).tags


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    text = assessment_html(full_report())
    page = Page(text)
    assert page.fetched == []
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert not re.findall(r"@import|url\((?!#)", text)
    assert not re.findall(r"\son\w+=", text)


def test_every_chart_tells_a_screen_reader_what_it_shows() -> None:
    text = assessment_html(full_report())
    drawn = re.findall(r'<svg class="chart".*?</svg>', text, re.DOTALL)
    assert len(drawn) == 5
    for svg in drawn:
        assert 'role="img"' in svg
        labels = re.findall(r'aria-labelledby="(\S+) (\S+)"', svg)[0]
        assert all(f'id="{label}"' in svg for label in labels)
        assert re.search(r"<desc[^>]*>[^<]+\.</desc>", svg)


def test_every_link_of_the_page_leads_to_a_section_of_it() -> None:
    text = assessment_html(full_report())
    targets = re.findall(r'href="#([^"]+)"', text)
    assert targets
    assert all(f'id="{target}"' in text for target in targets)


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 10**9)), st.integers(0, 10**9))
def test_a_bar_never_leaves_its_chart(amounts: dict[str, float], most: int) -> None:
    [bar] = chart("n", "t", [("label", "value", amounts)], most).bars
    ends = [segment.x + segment.width for segment in bar.segments]
    assert all(end <= 100.02 for end in ends)
    assert all(
        later.x >= earlier.x + earlier.width - 0.02
        for earlier, later in zip(bar.segments, bar.segments[1:], strict=False)
    )


def test_what_is_not_nothing_can_be_seen() -> None:
    [bar] = chart("n", "t", [("label", "value", {"a": 1})], 10**9).bars
    assert bar.segments[0].width > 0.5
    assert share(1, 10**9) == "under 1 %"
    assert share(0, 0) == "0 %"


def test_quotas_are_drawn_from_the_fullest_down() -> None:
    clients = [{"ClientId": f"c{number}"} for number in range(900)]
    report = Pool([user(1)], configuration({"clients": clients}, EmailConfiguration=SES)).report()
    bars = charts(report)["quotas"].bars
    assert bars[0].label == "App clients"
    assert bars[0].segments[0].tone == "high"


def test_users_who_collide_are_a_risk_when_names_are_to_be_compared_otherwise() -> None:
    twins = [user(0, username="Anna"), user(1, username="anna")]
    risks = Pool(twins, changes=("case_sensitivity",)).report()["recommendation"]["risks"]
    assert any("differ by case alone" in risk for risk in risks)
    same = {"email": "a@example.com", "email_verified": "true"}
    shared = [user(0, attributes=same), user(1, attributes=same)]
    risks = Pool(shared, changes=("username_attributes",)).report()["recommendation"]["risks"]
    assert any("give way" in risk for risk in risks)
    assert not any("give way" in risk for risk in Pool(shared).report()["recommendation"]["risks"])


def test_what_could_not_be_read_is_said() -> None:
    pool = Configuration(
        configuration().documents, (Section("risk", "failed", "InternalErrorException"), Section("terms", "not_known"))
    )
    said = Pool([user(1)], pool).report()["warnings"]
    assert said == [
        "Section risk of the configuration was not read (InternalErrorException).",
        "Section terms of the configuration was not read (not_known).",
    ]


def test_a_new_pool_changes_every_address_that_is_made_of_its_id_or_domain() -> None:
    changed = {row["what"]: row["current"] for row in full_report()["endpoints"]}
    assert changed["User pool id"] == "us-east-1_Source"
    assert changed["Issuer (iss)"] == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Source"
    assert changed["SAML entity id"] == "urn:amazon:cognito:sp:us-east-1_Source"
    assert changed["SAML assertion consumer URL"] == "https://login.example.com/saml2/idpresponse"
    assert changed["App client id of Web"] == "client-1"
    assert "Group made for provider Okta" in changed


def test_sub_is_likely_in_use_where_something_points_to_it_and_never_ruled_out() -> None:
    assert empty_report()["sub"]["likelihood"] == "unknown"
    assert full_report()["sub"]["likelihood"] == "likely"
    uuids = Pool([user(1, username="sub-1")]).report()["sub"]
    assert uuids["likelihood"] == "likely"
    assert "of 1 user is" in uuids["reasons"][0]


def test_the_last_sign_in_is_never_claimed_to_be_known() -> None:
    activity = full_report()["activity"]
    assert activity["last_sign_in_known"] is False
    assert any("SignInSuccesses" in more for more in activity["more_from"])
