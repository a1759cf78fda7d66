"""A migration at sign-in sees passwords and tokens. They appear nowhere: logs, histories, bucket, errors, metrics."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.embedded.deployed import Deployed, person
from tests.embedded.migrations import Move, moving, refused

#: Each would be recognised anywhere, and is nowhere else.
RIGHT, WRONG, CHOSEN = "Marker-Right-Quux-71!", "Marker-Wrong-Quux-72!", "Marker-Chosen-Quux-73!"
NAME, EMAIL, ALIEN = "quuxandra", "quuxandra@private.example", "quuxodora"


@dataclass
class Left:
    """What a whole migration left behind, as text by place; and the tokens and secrets that were about."""

    logs: str
    histories: str
    outputs: str
    keys: str
    bucket: dict[str, str]
    answers: list[str]
    tokens: list[str] = field(default_factory=list)
    client_secret: str = ""


@pytest.fixture(scope="module")
def left(deployed: Deployed, idp: Any, own: Any) -> Left:
    there = {*deployed.keys("")}
    move = moving(deployed, idp, own, UsernameConfiguration={"CaseSensitive": False})
    known = {"email": EMAIL, "email_verified": "true"}
    late = {"email": f"late-{EMAIL}", "email_verified": "true"}
    move.put(
        person(NAME, "staff", attributes=known, Password=RIGHT),
        person(ALIEN, attributes=late, Password=RIGHT),
        groups=["staff"],
    )
    machine = deployed.outputs["MigrationStateMachineArn"]
    started = deployed.cloud.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    before = {one["executionArn"] for one in started}
    move.attach()
    answers = [str(refused(move.sign_in, NAME, WRONG)), str(refused(move.sign_in, "nobody", WRONG))]
    tokens = [*move.sign_in(NAME, RIGHT)["AuthenticationResult"].values()]
    move.own.forgot_password(ClientId=move.client, Username=ALIEN)
    [message] = deployed.cloud.inbox(late["email"])
    move.own.confirm_forgot_password(
        ClientId=move.client, Username=ALIEN, ConfirmationCode=message["secret"], Password=CHOSEN
    )
    tokens += move.sign_in(ALIEN, CHOSEN)["AuthenticationResult"].values()
    answers.append(failing(move))
    move.run("status")
    finished = move.run("finish")
    executions = deployed.cloud.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    histories = [deployed.history(one["executionArn"]) for one in executions if one["executionArn"] not in before]
    told = idp.describe_user_pool_client(UserPoolId=move.source, ClientId=move.source_client)["UserPoolClient"]
    keys = [key for key in deployed.keys("") if key not in there]
    return Left(
        logs="\n".join(deployed.log()),
        histories=json.dumps(histories, default=str),
        outputs=json.dumps([finished, move.attached]),
        keys="\n".join(keys),
        bucket={key: text_of(deployed, key) for key in keys if not key.startswith("secrets/")},
        answers=answers,
        tokens=[token for token in tokens if isinstance(token, str) and len(token) > 40],
        client_secret=told["ClientSecret"],
    )


def failing(move: Move) -> str:
    """A defect on the way: what the trigger raises then goes through the runtime's own log."""
    fault = {"action": "AdminGetUser", "user_pool_id": move.source, "error": "SomethingNobodyKnows", "times": None}
    move.put(person(f"{NAME}-2", attributes={"email": f"2-{EMAIL}", "email_verified": "true"}, Password=RIGHT))
    with move.deployed.cloud.faults(fault):
        return str(refused(move.sign_in, f"{NAME}-2", RIGHT))


def text_of(deployed: Deployed, key: str) -> str:
    content = deployed.content(key)
    if key.endswith(".parquet"):
        return str(pq.read_table(io.BytesIO(content)).to_pylist())
    return content.decode("utf-8", "replace")


@pytest.mark.parametrize("marker", [RIGHT, WRONG, CHOSEN, "Marker-"])
def test_a_password_appears_nowhere(left: Left, marker: str) -> None:
    assert [key for key, text in left.bucket.items() if marker in text] == []
    for text in (left.logs, left.histories, left.outputs, left.keys, *left.answers):
        assert marker not in text


def test_a_token_and_the_clients_secret_appear_nowhere(left: Left) -> None:
    assert len(left.tokens) >= 6
    for secret in (*left.tokens, left.client_secret):
        assert [key for key, text in left.bucket.items() if secret in text] == []
        for text in (left.logs, left.histories, left.outputs, left.keys, *left.answers):
            assert secret not in text


@pytest.mark.parametrize("marker", [NAME, EMAIL, ALIEN, "private.example"])
def test_nobodys_name_is_in_a_log_a_history_or_a_key(left: Left, marker: str) -> None:
    for text in (left.logs, left.histories, left.outputs, left.keys):
        assert marker not in text
    assert all(marker not in answer for answer in left.answers)


def test_the_logs_do_speak_of_sign_ins(left: Left) -> None:
    """Otherwise the others would be true of nothing."""
    for message in ('"message":"carried"', '"message":"refused"', '"why":"wrong_password"', '"message":"stopped"'):
        assert message in left.logs
    assert left.bucket
