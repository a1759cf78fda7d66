"""One explicit Arrow schema for each record that becomes Parquet; pyarrow is imported when one is asked for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from ..domain.compare.change import Change
from ..domain.records import Group, Membership, User
from ..domain.restore.difference import Difference
from ..domain.restore.notices import Notice
from ..domain.restore.outcome import Outcome
from ..domain.restore.planned_user import PlannedUser
from ..domain.restore.sub_map import SubMapping
from ..domain.restore.temporary_password import TemporaryPassword
from ..domain.restore.waiting import Waiting

if TYPE_CHECKING:
    import pyarrow as pa


@cache
def schema(row_type: Any) -> pa.Schema:
    """The Arrow schema of a record; `schemas/README.md` describes those of a snapshot."""
    import pyarrow as pa

    text, flag, moment = pa.string(), pa.bool_(), pa.timestamp("ms", tz="UTC")
    texts, attributes = pa.list_(text), pa.map_(text, text)

    def required(name: str, of: pa.DataType) -> pa.Field:
        return pa.field(name, of, nullable=False)

    return {
        User: pa.schema(
            [
                required("username", text),
                required("sub", text),
                required("status", text),
                required("enabled", flag),
                required("created_at", moment),
                required("modified_at", moment),
                required("attributes", attributes),
                ("mfa_methods", texts),
                ("preferred_mfa", text),
            ]
        ),
        Group: pa.schema(
            [
                required("group_name", text),
                ("description", text),
                ("precedence", pa.int32()),
                ("role_arn", text),
                required("created_at", moment),
                required("modified_at", moment),
            ]
        ),
        Membership: pa.schema([required("group_name", text), required("username", text), required("sub", text)]),
        PlannedUser: pa.schema(
            [
                required("username", text),
                required("sub", text),
                required("action", text),
                ("reason", text),
                ("sign_in_name", text),
                required("attributes", attributes),
                required("groups", texts),
                required("service_groups", texts),
                required("enabled", flag),
                ("existing_sub", text),
                ("existing_username", text),
                ("credential", text),
                ("credential_reason", text),
                ("preferred_username", text),
                required("mfa_methods", texts),
                ("preferred_mfa", text),
                required("link_providers", texts),
                required("link_user_ids", texts),
            ]
        ),
        Outcome: pa.schema(
            [
                required("kind", text),
                required("outcome", text),
                ("reason", text),
                ("username", text),
                ("sub", text),
                ("new_sub", text),
                ("group_name", text),
                ("credential", text),
                ("provider", text),
            ]
        ),
        Difference: pa.schema(
            [
                required("difference", text),
                ("username", text),
                ("sub", text),
                ("group_name", text),
                ("field", text),
            ]
        ),
        Change: pa.schema(
            [
                required("kind", text),
                required("change", text),
                required("name", text),
                ("sub", text),
                ("field", text),
                ("before", text),
                ("after", text),
            ]
        ),
        Notice: pa.schema(
            [required("username", text), required("sub", text), required("attention", text), ("detail", text)]
        ),
        TemporaryPassword: pa.schema(
            [required("username", text), required("sign_in_name", text), required("temporary_password", text)]
        ),
        Waiting: pa.schema([required("new_sub", text)]),
        SubMapping: pa.schema([required("username", text), required("old", text), required("new", text)]),
    }[row_type]
