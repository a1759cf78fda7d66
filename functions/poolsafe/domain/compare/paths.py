"""Where a comparison's files lie in the bucket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ComparisonPaths:
    """What a comparison leaves behind (`comparisons/`), and what it needs only while it runs (`working/`)."""

    comparison_id: str

    @property
    def prefix(self) -> str:
        return f"comparisons/{self.comparison_id}/"

    @property
    def report_key(self) -> str:
        return f"{self.prefix}report.json"

    @property
    def html_key(self) -> str:
        return f"{self.prefix}report.html"

    @property
    def differences(self) -> str:
        """Who and what differs, with names and values: the only place of a comparison that has them."""
        return f"{self.prefix}differences/"

    @property
    def settings_key(self) -> str:
        return f"{self.differences}settings-00000.parquet"

    @property
    def configuration_key(self) -> str:
        """The configuration of a live pool, without its secrets."""
        return f"working/{self.comparison_id}/configuration.json"

    @property
    def listing(self) -> str:
        """The listing of a live pool."""
        return f"working/{self.comparison_id}/source/"
