"""The commands of ``ensue states``."""

from __future__ import annotations

import click

from ensue.doors.cli.states.draw import draw
from ensue.doors.cli.states.run import run
from ensue.doors.cli.states.test import test
from ensue.doors.cli.states.validate import validate

states = click.Group(
    "states",
    commands=[validate, run, test, draw],
    help="Check, try and draw state machines (Amazon States Language).",
    short_help="Check, try and draw state machines.",
)
