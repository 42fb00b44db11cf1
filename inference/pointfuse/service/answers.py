"""What each address answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from pointfuse.basics.printable import beginning
from pointfuse.fusion.run_summary import model_facts
from pointfuse.service.asked import NAMES, Asked, check_names, flag, number
from pointfuse.service.computing import Computing
from pointfuse.service.description import described
from pointfuse.service.fused import Fused, fuse_posted
from pointfuse.service.metrics import Metrics
from pointfuse.service.settings import MEGABYTE, Settings
from pointfuse.service.shelf import Shelf
from pointfuse.service.shown import method_of, netcdf, picture, table, time_of, values_at
from pointfuse.service.tiles import colour_ends, tile, tilejson
from pointfuse.version import __version__

Result = TypeVar("Result")

_PATIENCE = 60.0
"""Seconds that a body may take to arrive."""

_DRAINED = 64 * MEGABYTE
"""Of a body that is too large, what is taken beyond, so that the client reads why."""

_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""An address is a hash of all that its answer depends on."""


class Answers:
    """What each address answers.

    Parameters
    ----------
    settings : Settings
        What the service was started with.
    metrics : Metrics
        What the requests have been.
    thread : Executor
        The thread that computes.
    """

    def __init__(self, settings: Settings, metrics: Metrics, thread: Executor) -> None:
        self.settings, self.metrics = settings, metrics
        self.computing = Computing(Shelf(settings.keep), settings.queue, thread)
        self._showing = ThreadPoolExecutor(1, thread_name_prefix="showing")

    def stop(self) -> None:
        """Begin nothing more."""
        self.computing.stop()
        self._showing.shutdown(wait=False, cancel_futures=True)

    async def about(self, request: Request) -> Response:
        """What this is."""
        check_names(request.query_params, ())
        return JSONResponse(
            {
                "service": "pointfuse",
                "version": __version__,
                "variables": [*self.settings.models],
                "post_stations_to": _below(request, "/fields"),
                "parameters": NAMES,
                "openapi": _below(request, "/openapi.json"),
            }
        )

    async def openapi(self, request: Request) -> Response:
        """The description of the service."""
        check_names(request.query_params, ())
        return JSONResponse(described([*self.settings.models]))

    async def health(self, request: Request) -> Response:
        """Whether the service takes stations; it answers once its models are loaded."""
        check_names(request.query_params, ())
        return JSONResponse(
            {
                "status": "ready",
                "version": __version__,
                "models": {
                    name: model_facts(model) | {"golden_difference": self.settings.golden.get(name)}
                    for name, model in self.settings.models.items()
                },
                "requests_in_queue": self.computing.present,
                "seconds_at_work": round(self.computing.at_work, 3),
                "queue": self.settings.queue,
                "fields_kept": self.computing.shelf.times,
                "keep": self.settings.keep,
            }
        )

    async def numbers(self, request: Request) -> Response:
        """Counts and times for Prometheus."""
        check_names(request.query_params, ())
        computing = self.computing
        more = {
            "pointfuse_computations_total": ("counter", "Posted stations fused", computing.done),
            "pointfuse_computation_seconds_total": (
                "counter",
                "Seconds of these computations",
                computing.seconds,
            ),
            "pointfuse_computation_running_seconds": (
                "gauge",
                "Seconds that the current computation has taken; 0 without any",
                computing.at_work,
            ),
            "pointfuse_queue_requests": (
                "gauge",
                "Requests that are read, wait or are computed",
                computing.present,
            ),
            "pointfuse_fields_kept": (
                "gauge",
                "Days or hours of fields in memory",
                computing.shelf.times,
            ),
        }
        return PlainTextResponse(self.metrics.text(more), media_type="text/plain; version=0.0.4")

    async def post_fields(self, request: Request) -> Response:
        """Fuse the stations in the body."""
        asked = Asked.of(request.query_params, self.settings)
        self._check_head(request)
        with self.computing.place_in_queue():
            body = await self._body(request)
            address = asked.address(body, self.settings.fingerprint)
            work = partial(fuse_posted, address, body, asked, self.settings)
            fused, first = await self.computing.fused(address, work)
        place = _below(request, f"/fields/{fused.address}")
        return JSONResponse(_summary(request, fused), 201 if first else 200, {"Location": place})

    async def summary(self, request: Request) -> Response:
        """What is said of fields."""
        check_names(request.query_params, ())
        return JSONResponse(_summary(request, self._fused(request)))

    async def netcdf(self, request: Request) -> Response:
        """Fields as CF netCDF."""
        check_names(request.query_params, ())
        fused = self._fused(request)
        content = await self._shown(partial(netcdf, fused))
        return _file(content, "application/x-netcdf", f"{fused.address}.nc")

    async def table(self, request: Request) -> Response:
        """The cells of a day as CSV."""
        check_names(request.query_params, ("day",))
        fused, day = self._fused(request), request.query_params.get("day")
        content = await self._shown(partial(table, fused.fields, day))
        return _file(content, "text/csv; charset=utf-8", f"{fused.address}.csv")

    async def picture(self, request: Request) -> Response:
        """A map as PNG."""
        query = request.query_params
        check_names(query, ("day", "stations"))
        fields, stations = self._fused(request).fields, flag(query, "stations")
        content = await self._shown(partial(picture, fields, query.get("day"), stations=stations))
        return Response(content, headers=_FOREVER, media_type="image/png")

    async def values_at(self, request: Request) -> Response:
        """Values at a place."""
        query = request.query_params
        check_names(query, ("longitude", "latitude", "method"))
        longitude = number(query, "longitude", -180, 360)
        latitude = number(query, "latitude", -90, 90)
        fields, method = self._fused(request).fields, method_of(query)
        # It takes a millisecond, and need not wait for a map to be drawn.
        return JSONResponse(values_at(fields, longitude, latitude, method), headers=_FOREVER)

    async def tile(self, request: Request) -> Response:
        """A map tile as PNG."""
        query, parts = request.query_params, request.path_params
        check_names(query, ("day", "range"))
        fields = self._fused(request).fields
        time = time_of(fields, query.get("day"))
        numbers = parts["z"], parts["x"], parts["y"]

        def drawn() -> bytes:
            return tile(fields, time, *numbers, colour_ends(fields, time, query))

        return Response(await self._shown(drawn), headers=_FOREVER, media_type="image/png")

    async def tilejson(self, request: Request) -> Response:
        """Description of the map tiles."""
        query = request.query_params
        check_names(query, ("day", "range"))
        fused = self._fused(request)
        time = time_of(fused.fields, query.get("day"))
        ends = colour_ends(fused.fields, time, query)
        base = f"{request.base_url}".rstrip("/")
        address = f"{base}/fields/{fused.address}/tiles/{{z}}/{{x}}/{{y}}.png"
        asked = f"?{request.url.query}" if request.url.query else ""
        return JSONResponse(tilejson(fused.fields, time, ends, address + asked))

    def _fused(self, request: Request) -> Fused:
        address = request.path_params["address"]
        fused = self.computing.shelf.get(address)
        if fused is None:
            raise HTTPException(
                404,
                f"there are no fields {beginning(address, 64)}, or no longer: this service "
                "keeps the latest; post the stations again",
            )
        return fused

    async def _shown(self, show: Callable[[], Result]) -> Result:
        """Beside computations, and after what others want to be shown."""
        return await asyncio.get_running_loop().run_in_executor(self._showing, show)

    def _check_head(self, request: Request) -> None:
        """Refuse a body by its kind and length, where they are told, before anybody sends it."""
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise HTTPException(
                415,
                "expected the station file itself as the body, got a form: curl --data-binary "
                "@stations.csv, not --form",
                {"Connection": "close"},
            )
        length = request.headers.get("content-length", "0")
        most = self.settings.most_bytes + _DRAINED
        if length.isascii() and length.isdigit() and int(length) > most:
            raise self._too_large()

    def _too_large(self) -> HTTPException:
        return HTTPException(
            413,
            f"the body is larger than {self.settings.most_bytes / MEGABYTE:g} MB; post fewer days "
            "at once, pack the file, or start the service with a larger --max-megabytes",
            {"Connection": "close"},
        )

    async def _body(self, request: Request) -> bytes:
        """The body, if it comes in time and is not too large.

        Raises
        ------
        HTTPException
            400, 408 or 413, if not.
        """
        parts, size = list[bytes](), 0
        try:
            async with asyncio.timeout(_PATIENCE):
                async for part in request.stream():
                    size += len(part)
                    if size <= self.settings.most_bytes:
                        parts.append(part)
                    elif size > self.settings.most_bytes + _DRAINED:
                        break
        except TimeoutError:
            raise HTTPException(
                408, f"the body did not arrive within {_PATIENCE:g} s", {"Connection": "close"}
            ) from None
        if size > self.settings.most_bytes:
            raise self._too_large()
        if not size:
            raise HTTPException(
                400, "expected a station file as the body: curl --data-binary @stations.csv"
            )
        return b"".join(parts)


def _summary(request: Request, fused: Fused) -> dict[str, object]:
    place = _below(request, f"/fields/{fused.address}")
    links = {
        "self": place,
        "netcdf": f"{place}.nc",
        "csv": f"{place}.csv",
        "png": f"{place}.png",
        "at": f"{place}/at?longitude={{longitude}}&latitude={{latitude}}",
        "tiles": f"{place}/tiles/{{z}}/{{x}}/{{y}}.png",
        "tilejson": f"{place}/tilejson.json",
    }
    return {"id": fused.address, **fused.summary, "links": links}


def _below(request: Request, path: str) -> str:
    """An address of the service, as it is from outside."""
    return str(request.scope.get("root_path", "")).rstrip("/") + path


def _file(content: bytes, kind: str, name: str) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=_FOREVER | disposition, media_type=kind)
