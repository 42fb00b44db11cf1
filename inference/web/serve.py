"""Serve the page on this computer, with what browsers ask for before they give it threads.

    python serve.py FOLDER [PORT]

Any web server will do; one that sends the two headers of `HEADERS` makes the page faster.
"""

from __future__ import annotations

import contextlib
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEFAULT_PORT = 8000
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    # The page is made again in place.
    "Cache-Control": "no-cache",
}
"""With the first two a page is isolated from others, and may use threads."""


class PageHandler(SimpleHTTPRequestHandler):
    """Gives files, and takes nothing."""

    extensions_map = {  # noqa: RUF012 - declared so where it comes from
        **SimpleHTTPRequestHandler.extensions_map,
        # Some systems know none of these, or something else.
        ".css": "text/css",
        ".html": "text/html",
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self) -> None:
        """Add the headers to every answer."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing of what went well."""


class PageServer(ThreadingHTTPServer):
    """Serves a page to one person."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that has left."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def server(folder: str, port: int) -> PageServer:
    """A server of a folder, for this computer alone.

    Parameters
    ----------
    folder : str
        Folder of the page.
    port : int
        Port; 0 for any that is free.

    Raises
    ------
    OSError
        If the port is taken.
    """
    return PageServer(("127.0.0.1", port), partial(PageHandler, directory=folder))


def main(folder: str, port: int) -> None:
    """Serve until interrupted."""
    try:
        page = server(folder, port)
    except OSError as error:
        sys.exit(f"port {port} cannot be used ({error.strerror}); name another: make web PORT=8001")
    with page, contextlib.suppress(KeyboardInterrupt):
        address = f"http://localhost:{page.server_port}/"
        print(f"The page is at {address} until Ctrl-C.", flush=True)  # noqa: T201
        page.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_PORT)
