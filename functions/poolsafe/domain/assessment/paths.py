"""Where an assessment's files lie in the bucket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssessmentPaths:
    """What an assessment leaves behind (`assessments/`), and what it needs only while it runs (`working/`)."""

    assessment_id: str

    @property
    def report_key(self) -> str:
        return f"assessments/{self.assessment_id}/report.json"

    @property
    def html_key(self) -> str:
        return f"assessments/{self.assessment_id}/report.html"

    @property
    def configuration_key(self) -> str:
        """The configuration of a live pool, without its secrets."""
        return f"working/{self.assessment_id}/configuration.json"

    @property
    def listing(self) -> str:
        """The listing of a live pool."""
        return f"working/{self.assessment_id}/source/"
