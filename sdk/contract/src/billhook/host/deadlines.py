"""How long hosts wait for a plugin. A call that takes longer is given up; a plugin that loads longer is not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Seconds that a call may take, by place: provider methods, the `validator` of a setting, views of a `page` or `link`,
#: drawing what a start (`template`), a page (`page_template`) or a link (`link_template`) shows.
DEADLINES: Final[Mapping[str, float]] = {
    "availability": 2,
    "check_settings": 2,
    "validator": 2,
    "verify": 2,
    "parse": 2,
    "claim": 2,
    "returned": 2,
    "acknowledge": 2,
    "document": 10,
    "page": 10,
    "link": 10,
    "template": 10,
    "page_template": 10,
    "link_template": 10,
    "start": 20,
    "query": 20,
}
#: For every other place: the handlers of events.
HANDLER_SECONDS: Final = 30.0
#: For the import, and for all collectors together.
LOADING_SECONDS: Final = 20.0
