"""The HTTP door: an app's routes, ``/_ensue`` and ``/openapi.json``.

It translates and decides nothing: a request becomes arguments, what a function answers becomes a
response, an error becomes a status and a body that says what was expected, what came, and where.
"""

from ensue.doors.http.asgi import Door, asgi_app
from ensue.doors.http.recording import Masks, Recorded, Recorder
from ensue.doors.http.server import Options, Ready, serve

__all__ = ["Door", "Masks", "Options", "Ready", "Recorded", "Recorder", "asgi_app", "serve"]
