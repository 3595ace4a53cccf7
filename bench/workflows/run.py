"""Workflows: our own figures, and those of what a user would take instead, in one run.

    python bench/workflows/run.py [--quick] [--own]

Each runs a workflow of three steps. The contenders are installed into a virtual environment of
their own. A *Task* of ours writes an item into a table, durably; moto keeps nothing, and a step of
DBOS marks a dictionary.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).parent
ENVIRONMENT = HERE.parents[1] / ".venv-bench-workflows"
TIMEOUT_SECONDS = 300
CONTENDERS = {"with_moto": 200, "with_dbos": 500}


def install() -> Path:
    """The interpreter of the contenders' environment, made when it is not there."""
    python = ENVIRONMENT / "bin" / "python"
    required = HERE / "contenders" / "requirements.txt"
    stamp = ENVIRONMENT / ".installed"
    if not stamp.exists() or stamp.read_text() != required.read_text():
        venv.create(ENVIRONMENT, with_pip=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", required], check=True, stderr=subprocess.DEVNULL)
        stamp.write_text(required.read_text())
    return python


def last_line(command: list[str | Path]) -> dict[str, float | str]:
    """What a program says last, as JSON."""
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    try:
        found: dict[str, float | str] = json.loads(ran.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise SystemExit(f"{command[1]} failed:\n{ran.stderr[-2_000:]}") from None
    return found


def main(scale: int, *, own: bool) -> None:
    """Print our figures, and a table of all."""
    quick = ["--quick"] if scale > 1 else []
    figures = last_line([sys.executable, HERE / "own.py", "--json", *quick])
    print(f"load average before: {os.getloadavg()[0]:.1f}\n")
    functions = last_line([sys.executable, HERE / "functions.py", "--json", *quick])
    for name, figure in [*figures.items(), *((f"python {n}", f) for n, f in functions.items())]:
        print(f"{name:36} {float(figure):>12,.2f}")
    if own:
        return
    rows = [
        {
            "name": "Ensue, durable",
            "kept": "SQLite, synced",
            "p50_ms": figures["latency_p50_ms"],
            "p99_ms": figures["latency_p99_ms"],
            "executions_per_s": figures["inside_executions_per_s"],
        },
        {
            "name": "Ensue, in Python, durable",
            "kept": "SQLite, synced",
            "p50_ms": functions["inside_3_steps_p50_ms"],
            "p99_ms": functions["inside_3_steps_p99_ms"],
            "executions_per_s": functions["inside_executions_per_s"],
        },
    ]
    python = install()
    for script, count in CONTENDERS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = HERE / "contenders" / f"{script}.py"
            rows.append(last_line([python, path, folder, str(count // scale)]))
    print("\n| a workflow of three steps | kept | p50 ms | p99 ms | executions/s |")
    print("| --- | --- | --: | --: | --: |")
    for row in rows:
        p50, p99, rate = (float(row[key]) for key in ("p50_ms", "p99_ms", "executions_per_s"))
        print(f"| {row['name']} | {row['kept']} | {p50:,.2f} | {p99:,.2f} | {rate:,.0f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the load")
    parser.add_argument("--own", action="store_true", help="nobody else's figures")
    given = parser.parse_args()
    main(10 if given.quick else 1, own=given.own)
