"""The page of a restore: whatever the verdict, it says what came back, what did not and why, and who has to do what."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from poolsafe.adapters.html import restore_html
from poolsafe.domain.configuration.to_change import Who
from poolsafe.domain.configuration.todo import Why
from poolsafe.domain.records import EXTERNAL_PROVIDER
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.difference import Declared, Skipped, Undeclared
from poolsafe.domain.restore.notices import Attention
from poolsafe.domain.restore.outcome import Reason
from poolsafe.domain.restore.page import MOST_ROWS, elapsed
from poolsafe.domain.restore.people_words import ATTENTION, CREDENTIALS, UNREACHABLE
from poolsafe.domain.restore.words import (
    DIFFERENCES,
    REASONS,
    WHO,
    WHYS,
    reason,
)
from poolsafe.errors import Rejected, TooManyFailed, VerificationFailed
from poolsafe.schema_check import require
from tests.fakes import FakeUserPool
from tests.pipeline import LATEST, Machines, pool_with, target_pool
from tests.unit.configurations import OLD_ID
from tests.unit.created_pools import MARKER, Shop, plain, plus
from tests.unit.test_assessment_report import EVIL, Page


class Refusing(FakeUserPool):
    """Takes every user but those whose names begin with `refused`."""

    def create_user(self, username: str, attributes: Any, password: str) -> Any:
        if username.startswith("refused"):
            raise Rejected("AdminCreateUser", "InvalidParameterException")
        return super().create_user(username, attributes, password)


def text_of(page: str) -> str:
    """What a person reads: no markup, no style."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def page_of(machines: Any, restore_id: str | None = None) -> str:
    """The page that the only restore left, or the one named; it was put for browsers."""
    (key,) = [
        key
        for key in machines.store.objects
        if key.endswith("report.html") and (restore_id is None or restore_id in key)
    ]
    assert machines.store.content_types[key] == "text/html; charset=utf-8"
    page: str = machines.store.objects[key].content.decode()
    told = json.loads(machines.store.objects[key.replace(".html", ".json")].content)
    require("restore.report", told)
    assert told["files"]["html"] == f"s3://bucket/{key}"
    return page


def created(told: dict[str, Any] | None = None, **options: Any) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A pool made anew: report, cut-over list, page."""
    with Shop(plus() if told is None else told) as shop:
        shop.backup()
        result = shop.create(**options)
    report = shop.file(result["restore_id"], "report.json")
    moved = {} if options.get("dry_run") else shop.file(result["restore_id"], "cut_over.json")
    return report, moved, page_of(shop.machines)


def refusing(failing: int) -> tuple[Machines, Refusing]:
    """Ten users backed up, and a target that will not take some of them."""
    machines, source = Machines(), pool_with(10 - failing)
    for number in range(failing):
        source.add(f"refused{number}")
    machines.backup(source)
    return machines, Refusing("us-east-1_Target", custom=("custom:original_sub",))


def test_a_complete_restore_says_so_first() -> None:
    machines = Machines()
    source = pool_with(9)
    source.add("Google_1", status=EXTERNAL_PROVIDER)
    machines.backup(source)
    machines.restore(target_pool(), snapshot=LATEST)
    page = page_of(machines)
    told = text_of(page)
    assert page.startswith("<!DOCTYPE html>")
    assert told.index("All that can come back is back: 9 users, 3 groups") < told.index("What to do now")
    assert "Tell 9 users to choose a new password" in told
    assert "Passed. The pool was read back" in told
    assert "They come back when they sign in" in told
    assert "It took" in told
    assert "What failed" not in told


def test_every_to_do_and_every_change_of_a_new_pool_is_on_the_page() -> None:
    report, moved, page = created()
    told = text_of(page)
    assert report["status"] == "PARTIAL"
    assert "Partial: something is missing" in told
    todos = report["configuration"]["todo"]
    assert len(todos) > 3
    for todo in todos:
        assert all(" ".join(todo[part].split()) in told for part in ("name", "do"))
        assert WHYS[todo["why"]] in told
    for item in (*moved["changes"], *moved["cannot_be_kept"]):
        values = (value for value in (item["about"], item["old"], item["new"], item["do"], WHO[item["who"]]) if value)
        assert [value for value in values if " ".join(value.split()) not in told] == []


def test_failures_are_told_with_reason_and_way_out() -> None:
    machines, target = refusing(1)
    machines.restore(target, snapshot=LATEST, max_failed_percent=10)
    told = text_of(page_of(machines))
    assert "Partial" in told
    assert "AdminCreateUser was refused: InvalidParameterException" in told
    assert "start the restore again with the same input and its restore_id" in told
    assert "refused0" not in told


def test_too_many_failures_leave_a_page_too() -> None:
    machines, target = refusing(5)
    with pytest.raises(TooManyFailed):
        machines.restore(target, snapshot=LATEST)
    told = text_of(page_of(machines))
    assert "Too many users failed: 5 of 10." in told
    assert "Tell " not in told


def test_a_failed_verification_leaves_a_page_that_warns() -> None:
    target = target_pool()
    machines = Machines(before_verification=lambda: target.accounts.__delitem__("user00003"))
    machines.backup(pool_with(9))
    with pytest.raises(VerificationFailed):
        machines.restore(target, snapshot=LATEST)
    told = text_of(page_of(machines))
    assert "The target is not what the snapshot says" in told
    assert "Keep people out of the pool" in told
    assert DIFFERENCES[Undeclared.MISSING] in told
    assert "/differences/" in told


def test_a_user_who_was_there_and_differs_is_not_hidden() -> None:
    machines, target = Machines(), target_pool()
    machines.backup(pool_with(9))
    machines.restore(target, snapshot=LATEST)
    target.accounts["user00003"].groups.clear()
    done = machines.restore(target, snapshot=LATEST)
    told = text_of(page_of(machines, done["restore_id"]))
    assert done["status"] == "PARTIAL"
    assert "Look at 1 user who is not as the snapshot has them" in told
    assert "In the target already: nothing of it is touched 9" in told


def test_a_user_whose_name_another_has_is_not_hidden() -> None:
    machines, target = Machines(), target_pool()
    machines.backup(pool_with(9))
    target.add("user00003", email="stranger@example.com")
    done = machines.restore(target, snapshot=LATEST)
    told = text_of(page_of(machines, done["restore_id"]))
    assert done["status"] == "PARTIAL"
    assert "or whose name another has" in told


def test_a_dry_run_says_what_would_happen() -> None:
    report, _, page = created(dry_run=True)
    told = text_of(page)
    assert "Dry run: nothing was written" in told
    assert "would make a new pool and create 3 users" in told
    assert "Verification" not in told
    for todo in report["plan"]["configuration"]["todo"]:
        assert " ".join(todo["do"].split()) in told


def test_a_dry_run_into_a_pool_shows_where_it_differs() -> None:
    machines = Machines()
    machines.backup(pool_with(9))
    result = machines.restore(target_pool(), snapshot=LATEST, dry_run=True)
    shown = machines.plan(result)["configuration"]["differences"]
    told = text_of(page_of(machines))
    assert "would not be touched, only compared" in told
    assert shown
    assert all(row["member"] in told for row in shown)


def test_a_configuration_alone_is_told_without_users() -> None:
    with Shop(plain()) as shop:
        shop.backup()
        shop.cognito.pools[OLD_ID].description["DeletionProtection"] = "INACTIVE"
        shown = shop.overwrite(OLD_ID, allow_source_pool=True, dry_run=True)
        done = shop.overwrite(OLD_ID, allow_source_pool=True)
    assert "would be set as the snapshot has them" in text_of(page_of(shop.machines, shown["restore_id"]))
    told = text_of(page_of(shop.machines, done["restore_id"]))
    assert "There were no users to restore." in told
    assert "Nothing is left to do." in told
    assert "Cut-over" not in told


def everything() -> tuple[dict[str, Any], dict[str, Any]]:
    """A report with something in every section, and its list."""
    report, moved, _ = created()
    planned = report["plan"]["configuration"]
    planned["not_compared"], planned["overrides"] = ["terms"], ["domain"]
    planned["differences"] = [{"section": "mfa", "name": "", "member": "m", "because": None}] * (MOST_ROWS + 1)
    report["plan"]["reasons"] = {"federated": 1, "attribute_too_long:custom:team,name": 2, "NewCode": 3}
    report["plan"]["warnings"] = ["A warning."]
    report["failures"] = {"user: NewCode": 3, "group: CreateGroup: LimitExceededException": 1}
    report["verification"]["undeclared_differences"] = {"missing": 1, "of_the_future": 2}
    report["configuration"]["undeclared"] = {"mfa": 1}
    report["configuration"]["not_compared"] = ["risk"]
    report["verification"]["passed"] = False
    report["status"] = "FAILED"
    return report, moved


def test_a_page_does_not_fail_for_want_of_a_word() -> None:
    told = text_of(restore_html(*everything()))
    assert "of_the_future" in told.replace("Of the future", "of_the_future")
    assert "Cognito did not take it: NewCode" in told
    assert "And 1 more, in plan.json." in told
    assert "custom:team, name" in told


def test_every_code_has_its_words() -> None:
    assert REASONS.keys() == set(Reason)
    assert CREDENTIALS.keys() == set(Credential)
    assert ATTENTION.keys() == set(Attention)
    assert WHYS.keys() >= set(Why)
    assert UNREACHABLE.keys() <= set(Reason)
    assert DIFFERENCES.keys() == {*Declared, *Skipped, *Undeclared}
    assert WHO.keys() == set(Who)
    assert reason("Throttled")[0] == "Cognito did not take it: Throttled"


def test_no_name_becomes_markup() -> None:
    kept = {"status", "action", "why", "started_at", "ended_at"}

    def poisoned(part: Any, name: str = "") -> Any:
        if isinstance(part, dict):
            return {key: poisoned(value, key) for key, value in part.items()}
        if isinstance(part, list):
            return [poisoned(value) for value in part]
        return f"{part}{EVIL}" if isinstance(part, str) and name not in kept else part

    report, moved = everything()
    report["failures"][EVIL] = 1
    report["plan"]["reasons"][EVIL] = 1
    report["verification"]["declared_differences"][EVIL] = 1
    page = restore_html(poisoned(report), poisoned(moved))
    assert "&lt;script&gt;" in page
    assert "script" not in Page(page).tags


def test_the_page_fetches_nothing_and_every_link_leads_somewhere() -> None:
    text = restore_html(*everything())
    page = Page(text)
    assert page.fetched == []
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert not re.findall(r"@import|url\((?!#)", text)
    targets = re.findall(r'href="#([^"]+)"', text)
    assert targets
    assert all(f'id="{target}"' in text for target in targets)
    assert all(re.search(r"<desc[^>]*>[^<]+\.</desc>", svg) for svg in re.findall(r'<svg class="chart".*?</svg>', text))


def test_nobody_is_named_and_no_secret_is_told() -> None:
    source, target = FakeUserPool(), target_pool()
    for number in range(9):
        name = f"qzname{number}"
        source.add(name, sub=f"qzsub{number}", groups=("admins",), email=f"qzmail{number}@example.com", name="qzvalue")
    source.add("Google_qzprofile", status=EXTERNAL_PROVIDER, sub="qzsubject")
    target.add("qzname3", email="qzother@example.com")
    machines = Machines()
    machines.backup(source)
    machines.restore(target, snapshot=LATEST)
    assert "qz" not in page_of(machines)
    assert MARKER not in created()[2]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 seconds"), (1, "1 second"), (600, "10 minutes"), (9000, "2.5 hours")]
)
def test_a_time_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert elapsed(seconds) == said
