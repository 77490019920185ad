"""What `./dev plugin` tells of exceptions in the plugin while the panel runs."""

from __future__ import annotations

from pathlib import Path

import structlog

from devtools.plugin_troubles import Troubles


def raised(folder: Path) -> Exception:
    module = folder / "shop.py"
    module.write_text("import json\n\n\ndef parse():\n    return json.loads('')\n")
    names: dict[str, object] = {}
    exec(compile(module.read_text(), str(module), "exec"), names)
    try:
        names["parse"]()  # type: ignore[operator]
    except ValueError as error:
        return error
    raise AssertionError("it should have raised")


def write(log: Path, event: str, **values: object) -> None:
    # As `host_stub.web.logs` sets it up for `./dev`.
    with log.open("a") as sink:
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        logger = structlog.wrap_logger(
            structlog.PrintLogger(sink),
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                renderer,
            ],
        )
        logger.error(event, **values)


def test_an_exception_is_told_with_the_plugin_s_own_innermost_line(tmp_path: Path) -> None:
    log, folder = tmp_path / "panel.log", tmp_path / "shop"
    folder.mkdir()
    write(log, "plugin failed", plugin="shop", place="verify")
    troubles = Troubles([log, tmp_path / "worker.log"], folder)
    write(log, "plugin failed", plugin="shop", place="parse", exc_info=raised(folder))
    write(log, "request", status=503)
    write(log, "start failed", plugin="shop", method=3, payment=7, error="the gateway said no")

    assert troubles.news() == [
        "parse: shop.py:5: json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        "start failed: error='the gateway said no' method=3 payment=7 plugin=shop",
    ]
    assert troubles.news() == []
