"""What every exporting state needs of its event: the pool at its share of the quotas, and where the files go."""

from __future__ import annotations

from poolsafe import bootstrap
from poolsafe.adapters.governed import Governor
from poolsafe.domain.quotas import Category
from poolsafe.domain.shards import walks_at
from poolsafe.entrypoint import Event, Invocation
from poolsafe.operations.export import Export


def open_export(event: Event, invocation: Invocation) -> tuple[Export, Governor]:
    """Read `export` of the event: pool, prefix, format and share. The governor knows of throttles.

    `quotas` of the event, where a machine has them, are those to reckon with.
    """
    job, application = event["export"], invocation.application
    pool, governor = application.user_pool(job["user_pool_id"], job["quota_share"], quotas=event.get("quotas"))
    file_format = bootstrap.FORMATS[job["format"]]
    walks = walks_at(governor.rate(Category.USER_LIST))
    export = Export(
        pool, application.store, file_format, job["prefix"], invocation.deadline, application.workers, walks
    )
    return export, governor
