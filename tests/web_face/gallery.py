"""Screenshots of the gallery for a person to look through: `python -m tests.web_face.gallery FOLDER [page …]`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from werkzeug.serving import make_server

from tests.support.browser import chromium
from tests.web_face.sample_pages import PAGES, make_app

WIDTHS = (360, 1280)


def main(folder: Path, names: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    server = make_server("127.0.0.1", 0, make_app(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    with chromium() as browser:
        for width in WIDTHS:
            for scheme, language in (("light", "ru"), ("dark", "en")):
                page = browser.new_page(viewport={"width": width, "height": 720}, color_scheme=scheme)
                page.route("https://gateway.example/**", lambda route: route.fulfill(status=204))
                for name in names:
                    page.goto(f"{base}/{language}/{name}")
                    page.evaluate("document.fonts.ready")
                    if page.evaluate("document.documentElement.scrollWidth") > width:
                        print("too wide:", name, width, page.evaluate("document.documentElement.scrollWidth"))
                    page.screenshot(path=folder / f"{name.replace('/', '-')}-{width}-{scheme}.png", full_page=True)
                page.close()
    server.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or PAGES)
