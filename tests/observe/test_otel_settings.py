"""What the environment variables of OpenTelemetry ask for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ensue import InvalidValue, MissingExtra
from ensue.observe.otel import Asked, asked, telemetry

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, None),
        ({"OTEL_SERVICE_NAME": "shop"}, None),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}, None),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "TRUE"}, None),
        (ENDPOINT, Asked("otlp", "otlp")),
        (ENDPOINT | {"OTEL_METRICS_EXPORTER": "none"}, Asked("otlp", None)),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, Asked("otlp", None)),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, Asked(None, "otlp")),
        ({"OTEL_TRACES_EXPORTER": "console"}, Asked("console", None)),
        (
            ENDPOINT | {"OTEL_METRIC_EXPORT_INTERVAL": "5000"},
            Asked("otlp", "otlp", interval_ms=5000),
        ),
        (
            ENDPOINT | {"OTEL_TRACES_SAMPLER": "always_off"},
            Asked("otlp", "otlp", 0.0, respects_parents=False),
        ),
        (
            ENDPOINT
            | {
                "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
                "OTEL_TRACES_SAMPLER_ARG": "0.01",
            },
            Asked("otlp", "otlp", 0.01),
        ),
    ],
)
def test_the_environment_says_what_is_exported(environ, wanted):
    assert asked(environ) == wanted


@pytest.mark.parametrize(
    ("environ", "at"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER"),
        ({"OTEL_METRICS_EXPORTER": "prometheus"}, "OTEL_METRICS_EXPORTER"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
        (ENDPOINT | {"OTEL_TRACES_SAMPLER": "jaeger_remote"}, "OTEL_TRACES_SAMPLER"),
        (
            ENDPOINT | {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "2"},
            "OTEL_TRACES_SAMPLER_ARG",
        ),
        (ENDPOINT | {"OTEL_METRIC_EXPORT_INTERVAL": "1s"}, "OTEL_METRIC_EXPORT_INTERVAL"),
    ],
)
def test_what_there_is_not_is_refused_by_name(environ, at):
    with pytest.raises(InvalidValue) as refused:
        asked(environ)
    assert refused.value.at == at


def test_without_the_extra_whoever_asks_is_told_which_to_install(monkeypatch):
    for name in [each for each in sys.modules if each.startswith("ensue.observe.otel.tele")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(MissingExtra, match=r"ensue\[otel\]"):
        telemetry(ENDPOINT, "shop")


def test_as_long_as_nobody_asks_nothing_of_opentelemetry_is_imported():
    code = (
        "import sys; import ensue.__main__, ensue.doors.http, ensue.app.opening;"
        "from ensue.observe.otel import telemetry; assert telemetry({}, 'x') is None;"
        "assert not [each for each in sys.modules if each.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
