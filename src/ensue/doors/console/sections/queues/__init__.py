"""Queues, their messages and their dead letters."""

from __future__ import annotations

from ensue.doors.console.section import Action, Page, Section
from ensue.doors.console.sections.queues import acting, letters, listing, queue

HERE = "/queues/{app}/{name}"

QUEUES = Section(
    "queues",
    "Queues",
    (
        Page("/queues", listing.list_queues),
        Page(HERE, queue.show_queue),
        Page(f"{HERE}/purge", queue.preview_purge),
        Page(f"{HERE}/redrive", letters.preview_redrive),
        Page(f"{HERE}/letters", letters.list_letters),
        Page(f"{HERE}/{{id}}", queue.show_message),
        Action(f"{HERE}/send", acting.send, "send a message"),
        Action(f"{HERE}/withdraw", acting.withdraw, "withdraw a message"),
        Action(f"{HERE}/settle", acting.settle, "settle a message"),
        Action(f"{HERE}/extend", acting.extend, "extend a lease"),
        Action(f"{HERE}/pause", acting.pause, "pause a queue"),
        Action(f"{HERE}/resume", acting.resume, "resume a queue"),
        Action(f"{HERE}/purge", acting.purge, "purge a queue"),
        Action(f"{HERE}/redrive", acting.redrive, "redrive dead letters"),
        Action(f"{HERE}/mend", acting.mend, "redrive a dead letter with another body"),
        Action(f"{HERE}/cancel", acting.cancel, "cancel a redrive"),
        Action(f"{HERE}/undo", acting.undo, "undo a redrive"),
        Action(f"{HERE}/delete", acting.delete, "delete dead letters"),
    ),
    icon="queues",
    key="q",
    kinds=("queue",),
)

DEAD_LETTERS = Section(
    "dead-letters",
    "Dead letters",
    (Page("/dead-letters", letters.list_causes),),
    icon="dead",
    key="d",
)
