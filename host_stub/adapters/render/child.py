"""The warm child: reads jobs from its standard input, answers on its standard output, ends at end of input.

Started by `pool` with an empty environment in an empty folder; confines itself before the first job.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import IO, Any

from host_stub.adapters.render.limits import Limits, allow_cpu, confine
from host_stub.adapters.render.wire import Closed, receive, send

_WARM_UP = "<style>b { font-weight: bold }</style><b>{{ text }}</b> 1"


def main() -> None:
    """Serve until the parent closes the pipe."""
    replies = _own_output()
    jobs = sys.stdin.buffer
    try:
        head, _ = receive(jobs)
        _serve(jobs, replies, Limits(**json.loads(head["limits"])))
    except (Closed, BrokenPipeError):
        return
    finally:
        # A parent that was killed cannot clear up after its child.
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


def _own_output() -> IO[bytes]:
    """Keep the pipe for replies only: whatever prints to standard output goes nowhere."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return replies


def _serve(jobs: IO[bytes], replies: IO[bytes], limits: Limits) -> None:
    from host_stub.adapters.render.drawing import Press

    press = Press(limits)
    press.render(_WARM_UP, {"text": "№"}, {})
    network_off = confine(limits.memory_bytes)
    send(replies, {"ready": True, "network_off": network_off})
    for _ in range(limits.jobs_per_child):
        job, blobs = receive(jobs)
        allow_cpu(limits.cpu_seconds)
        reply, pdf, is_spent = _answer(press, job, blobs)
        send(replies, reply | {"spent": is_spent}, [pdf] if pdf else [])
        if is_spent:
            return


def _answer(press: Any, job: dict[str, Any], blobs: list[bytes]) -> tuple[dict[str, object], bytes, bool]:
    """Return the reply, the PDF, and whether this process should be replaced."""
    from host_stub.adapters.render.drawing import Refused

    try:
        if job["do"] == "check":
            press.compile(job["template"])
            return {"ok": True}, b"", False
        assets = dict(zip(job["assets"], blobs, strict=True))
        drawn = press.render(job["template"], job["context"], assets, job["title"], job["facts"])
    except Refused as refused:
        return {"ok": False, "why": refused.why, "detail": refused.detail}, b"", False
    except MemoryError:
        return {"ok": False, "why": "memory", "detail": ""}, b"", True
    except RecursionError:
        return {"ok": False, "why": "nesting", "detail": ""}, b"", True
    except Exception as error:  # noqa: BLE001 - whatever a template makes the libraries raise is the template's fault
        return {"ok": False, "why": "drawing", "detail": f"{type(error).__name__}: {error}"[:300]}, b"", True
    told = {"unknown": drawn.unknown, "lost": drawn.lost, "missing": drawn.missing}
    return {"ok": True} | told, drawn.pdf, False
