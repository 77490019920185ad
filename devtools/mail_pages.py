"""The mail sink's page for people and its interface for tests."""

from __future__ import annotations

from flask import Flask, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from devtools.letters import Letter, Letters
from devtools.mail_modes import Behaviour, Mode
from devtools.pages import make_app

# A message is somebody else's page: it runs nothing, loads nothing and is nobody.
HTML_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
# A link in a message opens beside it, not inside the frame.
OPEN_BESIDE = '<base target="_blank">'
LIST_REFRESH_SECONDS = 5


def make_mail_app(letters: Letters, behaviour: Behaviour) -> Flask:
    """Return the pages `/`, `/messages/<id>` and the interface `/api/…` over these messages."""
    app = make_app()
    _add_pages(app, letters)
    _add_interface(app, letters, behaviour)
    return app


def _known(letters: Letters, number: int) -> Letter:
    return letters.find(number) or abort(404)


def _add_pages(app: Flask, letters: Letters) -> None:
    @app.get("/")
    def inbox() -> Response:
        page = Response(render_template("inbox.html", letters=letters.all()[::-1]))
        page.headers["Refresh"] = str(LIST_REFRESH_SECONDS)
        return page

    @app.get("/messages/<int:number>")
    def message(number: int) -> str:
        return render_template("letter.html", letter=_known(letters, number))

    @app.get("/messages/<int:number>/html")
    def html(number: int) -> Response:
        return Response(OPEN_BESIDE + _known(letters, number).html, headers={"Content-Security-Policy": HTML_POLICY})

    @app.get("/messages/<int:number>/source")
    def source(number: int) -> Response:
        return Response(_known(letters, number).source, mimetype="text/plain")

    @app.get("/messages/<int:number>/attachments/<int:index>")
    def attachment(number: int, index: int) -> Response:
        files = _known(letters, number).attachments
        if index >= len(files):
            abort(404)
        answer = Response(files[index].content, mimetype=files[index].media_type)
        answer.headers["Content-Security-Policy"] = HTML_POLICY
        answer.headers.set("Content-Disposition", "attachment", filename=files[index].name or "file")
        return answer


def _add_interface(app: Flask, letters: Letters, behaviour: Behaviour) -> None:
    @app.get("/api/messages")
    def messages() -> Response:
        return jsonify([letter.as_json() for letter in letters.all(request.args.get("to", ""))])

    @app.get("/api/messages/<int:number>")
    def one_message(number: int) -> Response:
        return jsonify(_known(letters, number).as_json())

    @app.delete("/api/messages")
    def forget() -> ResponseReturnValue:
        letters.clear()
        return "", 204

    @app.get("/api/behaviour")
    def how() -> Response:
        return jsonify(behaviour.as_json())

    @app.put("/api/behaviour")
    def behave() -> Response:
        wish = request.get_json()
        if wish.get("mode") not in list(Mode):
            abort(400)
        behaviour.set(Mode(wish["mode"]), wish.get("recipient", ""), wish.get("times"))
        return jsonify(behaviour.as_json())
