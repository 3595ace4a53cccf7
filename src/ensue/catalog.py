"""Every kind of resource, on one page. The CLI, the HTTP routes and the reference come from it."""

from __future__ import annotations

from ensue.resources import (
    activity,
    adopted,
    alarm,
    bucket,
    bus,
    destination,
    function,
    mail,
    meter,
    pipe,
    queue,
    schedule,
    schemas,
    stream,
    table,
    topic,
    vault,
    workflow,
)
from ensue.words.kinds import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        table.KIND,
        queue.KIND,
        bus.KIND,
        stream.KIND,
        function.KIND,
        mail.KIND,
        topic.KIND,
        adopted.KIND,
        bucket.KIND,
        schedule.KIND,
        destination.KIND,
        pipe.KIND,
        schemas.KIND,
        workflow.KIND,
        activity.KIND,
        vault.KIND,
        meter.KIND,
        alarm.KIND,
    )
}
