"""The reports for people, each one HTML page: no scripts, nothing fetched, every name escaped.

`templates/` lies beside this module and is packaged with it: `page.html.jinja` is what both pages stand on,
`macros.html.jinja` what both draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..domain.assessment.charts import AGES, KINDS, PARTS, WAYS, charts, share
from ..domain.assessment.wording import duration
from ..domain.compare.page import comparison_page
from ..domain.drill.page import drill_page
from ..domain.migration.page import migration_page, minute
from ..domain.restore.page import restore_page
from ..domain.restore.words import WHYS

TEMPLATES = Path(__file__).parent / "templates"

WORDS: Mapping[str, str] = {
    **PARTS,
    **AGES,
    **KINDS,
    "in_place": "In place",
    "add_only": "Can only be added to",
    "new_resource": "New client or provider",
    "new_pool": "New pool only",
    "replication": "Replication",
    "ready": "Ready",
    "must_change": "Must change first",
    "not_needed": "Not needed",
    "none": "None",
    "email": "E-mail only",
    "phone_number": "Phone only",
    "both": "E-mail and phone",
    "active": "in use already",
    "after_changes": "possible after changes in place",
    "disabled": "Disabled",
    "SMS_MFA": "SMS",
    "EMAIL_OTP": "E-mail",
    "SOFTWARE_TOKEN_MFA": "Authenticator app",
    "WEB_AUTHN": "Passkey",
    "added": "Added",
    "removed": "Removed",
    "changed": "Changed",
}

#: The headline of each recommendation.
HEADLINES: Mapping[str, str] = {
    "replication": "Replication",
    "in_place": "Change in place",
    "federation_only": "Federation only",
    "reset": "Reset",
    "first_sign_in": "Migration at first sign-in",
    "mix": "A mix",
}


def assessment_html(report: Mapping[str, Any]) -> str:
    """The page for a report that fits `schemas/assess.report.json`. Raises UndefinedError for one that does not."""
    headline = HEADLINES[report["recommendation"]["way"]]
    return _render("assessment.html.jinja", report=report, charts=charts(report), headline=headline)


def restore_html(report: Mapping[str, Any], cut_over: Mapping[str, Any] | None) -> str:
    """The page for a report and a list that fit `schemas/restore.report.json` and `schemas/cut_over.json`."""
    return _render("restore.html.jinja", report=report, page=restore_page(report, cut_over))


def comparison_html(report: Mapping[str, Any]) -> str:
    """The page for a report that fits `schemas/compare.report.json`."""
    return _render("comparison.html.jinja", report=report, page=comparison_page(report))


def migration_html(report: Mapping[str, Any]) -> str:
    """The page for a report that fits `schemas/migration.report.json`."""
    return _render("migration.html.jinja", report=report, page=migration_page(report))


def drill_html(report: Mapping[str, Any]) -> str:
    """The page for a report that fits `schemas/drill.report.json`."""
    return _render("drill.html.jinja", report=report, page=drill_page(report))


def _render(template: str, **content: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=lambda value: "unknown" if value is None else f"{value:,}",
        words=lambda value: WORDS.get(value, value),
        way=lambda value: WAYS.get(value, value),
        why=lambda value: WHYS.get(value, value),
        title_of=_title,
        duration=duration,
        minute=minute,
    )
    environment.globals.update(share=share)
    return environment.get_template(template).render(**content)


def _title(name: str) -> str:
    """`identity_providers` as a heading; names that people gave are kept as they are."""
    return f"{name[:1].upper()}{name[1:]}".replace("_", " ").replace("Ui ", "UI ")
