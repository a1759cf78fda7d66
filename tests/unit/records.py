"""Hypothesis strategies for the records, as wild as Cognito allows them to be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from poolsafe.domain.compare.change import Change, How
from poolsafe.domain.compare.change import Kind as Compared
from poolsafe.domain.records import Group, Membership, User
from poolsafe.domain.restore.credentials import Credential
from poolsafe.domain.restore.difference import Declared, Difference, Skipped, Undeclared
from poolsafe.domain.restore.notices import Attention, Notice
from poolsafe.domain.restore.outcome import Kind, Outcome, Reason, Result
from poolsafe.domain.restore.planned_user import Action, PlannedUser
from poolsafe.domain.restore.sub_map import SubMapping
from poolsafe.domain.restore.temporary_password import TemporaryPassword
from poolsafe.domain.restore.waiting import Waiting

texts = st.text(max_size=12)
long_texts = st.text(max_size=12) | st.integers(1, 2048).map(lambda length: "é" * length)
maybe_texts = st.none() | texts
#: Milliseconds, because that is what a snapshot keeps.
moments = st.integers(0, 4_102_444_800_000).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
attribute_names = st.sampled_from(["email", "phone_number", "name", "identities", "custom:a", "dev:custom:b"]) | texts
attributes = st.dictionaries(attribute_names, long_texts, max_size=4)
name_lists = st.lists(texts, max_size=3).map(tuple)

users = st.builds(
    User,
    username=texts,
    sub=texts,
    status=texts,
    enabled=st.booleans(),
    created_at=moments,
    modified_at=moments,
    attributes=attributes,
    mfa_methods=st.none() | name_lists,
    preferred_mfa=maybe_texts,
)
groups = st.builds(
    Group,
    group_name=texts,
    description=maybe_texts,
    precedence=st.none() | st.integers(0, 2**31 - 1),
    role_arn=maybe_texts,
    created_at=moments,
    modified_at=moments,
)
memberships = st.builds(Membership, group_name=texts, username=texts, sub=texts)
planned_users = st.builds(
    PlannedUser,
    username=texts,
    sub=texts,
    action=st.sampled_from(Action),
    reason=maybe_texts,
    sign_in_name=maybe_texts,
    attributes=attributes,
    groups=name_lists,
    service_groups=name_lists,
    enabled=st.booleans(),
    existing_sub=maybe_texts,
    existing_username=maybe_texts,
    credential=st.none() | st.sampled_from(Credential).map(str),
    credential_reason=st.none() | st.sampled_from(Reason).map(str),
    preferred_username=maybe_texts,
    mfa_methods=name_lists,
    preferred_mfa=maybe_texts,
    link_providers=name_lists,
    link_user_ids=name_lists,
)
outcomes = st.builds(
    Outcome,
    kind=st.sampled_from(Kind),
    outcome=st.sampled_from(Result),
    reason=st.none() | st.sampled_from(Reason).map(str) | texts,
    username=maybe_texts,
    sub=maybe_texts,
    new_sub=maybe_texts,
    group_name=maybe_texts,
    credential=st.none() | st.sampled_from(Credential).map(str),
    provider=maybe_texts,
)
differences = st.builds(
    Difference,
    difference=st.sampled_from(Declared) | st.sampled_from(Skipped) | st.sampled_from(Undeclared),
    username=maybe_texts,
    sub=maybe_texts,
    group_name=maybe_texts,
    field=maybe_texts,
)
changes = st.builds(
    Change,
    kind=st.sampled_from(Compared),
    change=st.sampled_from(How),
    name=texts,
    sub=maybe_texts,
    field=maybe_texts,
    before=maybe_texts,
    after=maybe_texts,
)
sub_mappings = st.builds(SubMapping, username=texts, old=texts, new=texts)
notices = st.builds(Notice, username=texts, sub=texts, attention=st.sampled_from(Attention), detail=maybe_texts)
temporary_passwords = st.builds(TemporaryPassword, username=texts, sign_in_name=texts, temporary_password=texts)
waiting = st.builds(Waiting, new_sub=texts)
