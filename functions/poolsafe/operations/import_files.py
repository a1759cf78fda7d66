"""The files of an import: the planned users as CSV, part by part, each file a batch of its own.

Where a file ends depends on the plan alone: lanes order their work by it, and a second run of the same restore writes
the same outcomes under the same names. What a hand-over cuts off lies in the bucket, and the next invocation fills it.
"""

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
from ..errors import Unexpected
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
    how many rows it has; how many are `pending` in one that is not full yet."""

    part: int = 0
    files: int = 0
    batches: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()
    pending: int = 0
    done: bool = False

    def to_state(self) -> dict[str, Any]:
        return asdict(self)

    def with_file(self, rows: int) -> WriteProgress:
        """One more file, of what was read since the last one."""
        return replace(self, files=self.files + 1, batches=(*self.batches, self.part), rows=(*self.rows, rows))


@dataclass(slots=True)
class File:
    """A file being filled: `content` has its `rows` without the header."""

    max_rows: int
    rows: int = 0
    content: bytearray = field(default_factory=bytearray)

    def takes(self, lines: Sequence[bytes]) -> bool:
        size = len(self.content) + sum(map(len, lines))
        return self.rows + len(lines) <= self.max_rows and size <= MAX_FILE_BYTES

    def add(self, lines: Sequence[bytes]) -> None:
        self.rows += len(lines)
        self.content += b"".join(lines)


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
        file = self._begun(progress, rows_of_a_file(imports))
        while progress.part < len(keys):
            lines = [self._line(header, user) for user in self._imported(keys[progress.part])]
            if file.rows and not file.takes(lines):
                self._put(progress.files, header, file)
                progress, file = progress.with_file(file.rows), File(file.max_rows)
            file.add(lines)
            progress = replace(progress, part=progress.part + 1)
            if self.deadline.near():
                break
        if progress.part < len(keys):
            if file.rows:
                self.store.put(self._unfinished_key(progress), bytes(file.content))
            return replace(progress, pending=file.rows)
        if file.rows:
            self._put(progress.files, header, file)
            progress = progress.with_file(file.rows)
        # Behind the last who is imported there may be parts with nobody of them: they wait for the last batch too.
        return replace(progress, batches=(*progress.batches[:-1], progress.part), pending=0, done=True)

    def _begun(self, progress: WriteProgress, max_rows: int) -> File:
        """The file that the invocation before has left unfinished, or a new one."""
        if not progress.pending:
            return File(max_rows)
        key = self._unfinished_key(progress)
        found = self.store.get(key)
        if found is None:
            raise Unexpected(f"{key} is gone: working files expire after 30 days. Start the restore again.")
        return File(max_rows, progress.pending, bytearray(found.content))

    def _unfinished_key(self, progress: WriteProgress) -> str:
        """Named by the planned part to come: an invocation that dies after it may have filled the file itself."""
        return f"{self.paths.import_files}before-{progress.part:05d}.csv"

    def _imported(self, key: str) -> list[PlannedUser]:
        rows = (row for batch in read_keys(self.store, self.working_format, [key], PlannedUser) for row in batch)
        return [row for row in rows if row.action is Action.CREATE and row.credential == Credential.IMPORT_JOB]

    def _line(self, header: Sequence[str], user: PlannedUser) -> bytes:
        attributes = dict(user.attributes)
        if user.preferred_username:
            attributes["preferred_username"] = user.preferred_username
        return f"{row(header, str(user.sign_in_name), attributes, self.target)}\n".encode()

    def _put(self, number: int, header: Sequence[str], file: File) -> None:
        self.store.put(import_key(self.paths, number), f"{','.join(header)}\n".encode() + file.content)
