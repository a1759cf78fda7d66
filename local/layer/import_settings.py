"""How the imports of users from CSV files behave: `/_poolsafe/import`, for tests.

`PUT` sets what it names and the rest to what it is by default, `DELETE` everything, `GET` tells. The defaults are what
the documentation says, or the assumption that is written beside the behaviour. To test otherwise:

    delay_seconds            a started job is Pending for at least so long
    rows_per_second          how fast rows are worked off; null: half at the first Describe, the rest at the second
    unwatched_seconds        a job that nobody describes ends by itself after so long
    fail_every               every n-th row fails with an internal error; 0: none
    give_up_after            the job fails at the n-th row that failed or was skipped, the rest is never looked at
    finish_as_failed         the job ends as Failed whatever became of its rows
    refuse_uploads           that many uploads are answered with HTTP 503
    url_seconds              how long an upload is possible
    start_within_seconds     how long a job can be started
    max_rows, max_bytes      of a file
    birthdates               what is stored: "as written" in the file, or "iso"
    password_hash_in_header  whether GetCSVHeader names `password_hash`
"""

from __future__ import annotations

from dataclasses import dataclass

AS_WRITTEN, ISO = "as written", "iso"


@dataclass(frozen=True, slots=True)
class ImportSettings:
    delay_seconds: float = 0
    rows_per_second: float | None = None
    unwatched_seconds: float = 10
    fail_every: int = 0
    give_up_after: int | None = None
    finish_as_failed: bool = False
    refuse_uploads: int = 0
    url_seconds: int = 899
    start_within_seconds: float = 24 * 3600
    max_rows: int = 500_000
    max_bytes: int = 100_000_000
    birthdates: str = AS_WRITTEN
    password_hash_in_header: bool = False

    def __post_init__(self) -> None:
        if self.birthdates not in (AS_WRITTEN, ISO):
            raise ValueError(f"birthdates are stored {AS_WRITTEN!r} or {ISO!r}")
