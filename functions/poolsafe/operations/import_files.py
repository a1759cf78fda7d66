"""The files of an import: the planned users as CSV, part by part, each file a batch of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..domain.lane import ExportProgress
from ..domain.restore.credentials import Credential
from ..domain.restore.import_file import MAX_FILE_BYTES, MAX_FILE_ROWS, row
from ..domain.restore.planned_user import Action, PlannedUser
from ..domain.snapshot import RestorePaths
from ..domain.target import TargetPool
from ..ports import Deadline, FileFormat, ObjectStore, ServiceApi
from .import_users import ask, import_key
from .parts import part_keys, read_keys

#: In how many batches users are imported: the lanes wait for the first, and 1,000 jobs are all that a pool can have.
BATCHES = 50
#: A batch of fewer is not worth a job: at the 33.7 users a second that were seen (aws-solutions/
#: cognito-user-profiles-export-reference-architecture), these take five minutes.
FEWEST_ROWS = 10_000


def rows_of_a_file(imports: int) -> int:
    """How many rows a file has when so many users are imported in all."""
    return min(MAX_FILE_ROWS, max(FEWEST_ROWS, -(-imports // BATCHES)))


@dataclass(frozen=True, slots=True)
class WriteProgress:
    """How far the files are: planned parts read, files written; of each file the planned part that it ends before, and
    how many rows it has."""

    part: int = 0
    files: int = 0
    batches: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)

    def with_file(self, rows: int) -> WriteProgress:
        """One more file, of what was read since the last one."""
        return replace(self, files=self.files + 1, batches=(*self.batches, self.part), rows=(*self.rows, rows))


@dataclass(slots=True)
class File:
    """A file being filled."""

    max_rows: int
    lines: list[str] = field(default_factory=list)
    size: int = 0

    def takes(self, lines: Sequence[str]) -> bool:
        size = sum(len(line.encode()) + 1 for line in lines)
        return len(self.lines) + len(lines) <= self.max_rows and self.size + size <= MAX_FILE_BYTES

    def add(self, lines: Sequence[str]) -> None:
        self.lines += lines
        self.size += sum(len(line.encode()) + 1 for line in lines)


@dataclass(frozen=True, slots=True)
class WriteImport:
    """Writes the files of one restore."""

    cognito: ServiceApi
    store: ObjectStore
    working_format: FileFormat
    deadline: Deadline
    target: TargetPool
    paths: RestorePaths

    def advance(self, planned: ExportProgress, progress: WriteProgress, imports: int) -> WriteProgress:
        """Write until done or the deadline is near. The files of an earlier attempt are written again, the same."""
        header = ask(self.cognito, self.target.user_pool_id, "GetCSVHeader")["CSVHeader"]
        keys = part_keys(self.paths.planned_users, "users", planned, self.working_format)
        max_rows = rows_of_a_file(imports)
        file = File(max_rows)
        while progress.part < len(keys):
            lines = [self._line(header, user) for user in self._imported(keys[progress.part])]
            if file.lines and not file.takes(lines):
                self._put(progress.files, header, file)
                progress, file = progress.with_file(len(file.lines)), File(max_rows)
            file.add(lines)
            progress = replace(progress, part=progress.part + 1)
            if self.deadline.near():
                break
        if file.lines:
            self._put(progress.files, header, file)
            progress = progress.with_file(len(file.lines))
        if progress.part < len(keys):
            return progress
        # Behind the last who is imported there may be parts with nobody of them: they wait for the last batch too.
        return replace(progress, batches=(*progress.batches[:-1], progress.part), done=True)

    def _imported(self, key: str) -> list[PlannedUser]:
        rows = (row for batch in read_keys(self.store, self.working_format, [key], PlannedUser) for row in batch)
        return [row for row in rows if row.action is Action.CREATE and row.credential == Credential.IMPORT_JOB]

    def _line(self, header: Sequence[str], user: PlannedUser) -> str:
        attributes = dict(user.attributes)
        if user.preferred_username:
            attributes["preferred_username"] = user.preferred_username
        return row(header, str(user.sign_in_name), attributes, self.target)

    def _put(self, number: int, header: Sequence[str], file: File) -> None:
        content = "".join(f"{line}\n" for line in (",".join(header), *file.lines)).encode()
        self.store.put(import_key(self.paths, number), content)
