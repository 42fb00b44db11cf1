"""The description of the service, as OpenAPI 3.1 has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pointfuse.version import __version__

_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_JSON = "application/json"
_PNG = "image/png"

_PROBLEMS = {
    "400": "A parameter that is not known or not possible",
    "404": "No such fields, or no longer: post the stations again",
    "408": "The body did not arrive in time",
    "413": "A body that is too large, or of too many days",
    "415": "A form in place of the file itself",
    "422": "Stations that cannot be fused; the sentence says why",
    "501": "An extra of the service that is not installed",
    "503": "Too many requests wait; Retry-After says when to try again",
}


def described(variables: Sequence[str]) -> dict[str, Any]:
    """The description of a service that fuses some variables, in JSON types."""
    fields = "/fields/{address}"
    day = _query("day", "A day such as 2019-01-06, or an hour; the only one by default")
    ends = _query("range", "Values of the first and the last colour: LOW:HIGH")
    stations = _query("stations", "With the stations as circles", {"type": "boolean"})
    numbers = [_in_path(name, {"type": "integer", "minimum": 0}) for name in "zxy"]
    get = {
        "/": _get("What this is", _JSON),
        "/health": _get("Whether the service takes stations", _JSON),
        "/metrics": _get("Counts and times for Prometheus", "text/plain"),
        "/openapi.json": _get("This description", _JSON),
        fields: _get("What is said of fields", _JSON),
        f"{fields}.nc": _get("Fields as CF netCDF", "application/x-netcdf"),
        f"{fields}.csv": _get("The cells of a day", "text/csv", [day]),
        f"{fields}.png": _get("A map", _PNG, [day, stations], "501"),
        f"{fields}/at": _get("Values at a place", _JSON, _place()),
        f"{fields}/tilejson.json": _get("Description of the map tiles", _JSON, [day, ends]),
        f"{fields}/tiles/{{z}}/{{x}}/{{y}}.png": _get(
            "A map tile of 256 x 256 pixels", _PNG, [*numbers, day, ends]
        ),
    }
    for path, operation in get.items():
        if path.startswith(fields):
            operation["parameters"].insert(0, _in_path("address", {"type": "string"}))
            operation["responses"] |= _problems("400", "404")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "pointfuse",
            "version": __version__,
            "summary": "Stations in, fields out",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {"/fields": {"post": _post(variables)}}
        | {path: {"get": operation} for path, operation in get.items()},
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string"}},
                }
            }
        },
    }


def _post(variables: Sequence[str]) -> dict[str, Any]:
    return {
        "summary": "Fuse the stations in the body",
        "parameters": [
            _query("variable", "What to fuse", {"type": "string", "enum": [*variables]}),
            _query("days", "First and last day: 2019-01-01:2019-01-31"),
            _query("timezone", "Time zone of the days, such as +08:00"),
            _query(
                "min_hours",
                "Valid hours that make a daily mean",
                {"type": "integer", "minimum": 1, "maximum": 24},
            ),
            _query("hourly", "Fuse hours in place of days", {"type": "boolean"}),
            _query("partial", "Take a last day that is not over as it is", {"type": "boolean"}),
            _query("name", "Name of the file, by which some formats are known"),
        ],
        "requestBody": {
            "required": True,
            "description": "A station file of any format, packed or not, or a zip archive of some",
            "content": {"application/octet-stream": {}},
        },
        "responses": {
            "201": _answer("Fields were made; Location says where they are", _JSON),
            "200": _answer("The same was posted before", _JSON),
            **_problems("400", "408", "413", "415", "422", "501", "503"),
        },
    }


def _get(
    summary: str, kind: str, parameters: Sequence[Mapping[str, Any]] = (), *problems: str
) -> dict[str, Any]:
    return {
        "summary": summary,
        "parameters": [*parameters],
        "responses": {"200": _answer(summary, kind), **_problems(*problems)},
    }


def _answer(description: str, kind: str) -> dict[str, Any]:
    return {"description": description, "content": {kind: {}}}


def _problems(*statuses: str) -> dict[str, Any]:
    return {status: {"description": _PROBLEMS[status], "content": _ERROR} for status in statuses}


def _query(name: str, what: str, schema: Mapping[str, Any] | None = None) -> dict[str, Any]:
    kind = schema or {"type": "string"}
    return {"name": name, "in": "query", "description": what, "schema": kind}


def _in_path(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _place() -> list[dict[str, Any]]:
    def degrees(name: str, low: int, high: int) -> dict[str, Any]:
        schema = {"type": "number", "minimum": low, "maximum": high}
        return _query(name, f"Degrees of {name}", schema) | {"required": True}

    return [
        degrees("longitude", -180, 360),
        degrees("latitude", -90, 90),
        _query("method", "How a place is read", {"enum": ["nearest", "bilinear"]}),
    ]
