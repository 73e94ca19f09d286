"""Areas as polygons: read from GeoJSON (RFC 7946), drawn lighter for maps, and asked which one holds a point."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from shapely.errors import ShapelyError

from commonweal.people.errors import BadArea, NoAreaFile, NoGeoJson

Floats = npt.NDArray[np.float64]

# Names of the one system of coordinates that RFC 7946 allows, as older files still write them.
_LONGITUDE_LATITUDE = ("CRS84", "4326")
_STEPS_ACROSS = 4000  # a map of all areas shows no error smaller than this part of its width
_DECIMALS = 6  # a tenth of a metre


@dataclass(frozen=True)
class AreaShape:
    """One area of a file: its code and name, its polygon in degrees (WGS 84), published facts."""

    area_code: str
    name: str
    address: str | None
    polygon: shapely.Geometry
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Columns:
    """Which properties of a feature say what; all others are facts."""

    code: str
    name: str | None = None
    address: str | None = None


def read_areas(path: Path, columns: Columns) -> list[AreaShape]:
    """The areas of a GeoJSON file, by code. Raises NoAreaFile, NoGeoJson, BadArea."""
    features = _features(path)
    shapes = [_area(path, position, feature, columns) for position, feature in enumerate(features, 1)]
    seen: dict[str, int] = {}
    for position, shape in enumerate(shapes, 1):
        if shape.area_code in seen:
            problem = f"area {seen[shape.area_code]} has the same code"
            raise BadArea(path=path, position=position, code=shape.area_code, problem=problem)
        seen[shape.area_code] = position
    return sorted(shapes, key=lambda shape: shape.area_code)


def _features(path: Path) -> list[Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise NoAreaFile(path=path, problem=error.strerror) from error
    except UnicodeDecodeError as error:
        raise NoGeoJson(path=path, problem=f"byte {error.start} is no UTF-8") from error
    except json.JSONDecodeError as error:
        raise NoGeoJson(
            path=path, problem=f"line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise NoGeoJson(path=path, problem='its type is not "FeatureCollection"')
    features = content.get("features")
    if not isinstance(features, list) or not features:
        raise NoGeoJson(path=path, problem="it holds no features")
    system = str(((content.get("crs") or {}).get("properties") or {}).get("name", "CRS84"))
    if not system.endswith(_LONGITUDE_LATITUDE):
        raise NoGeoJson(path=path, problem=f"its coordinates are in {system}")
    return features


def _area(path: Path, position: int, feature: Any, columns: Columns) -> AreaShape:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise BadArea(path=path, position=position, code="?", problem="it is no Feature with properties")
    for name in (columns.code, columns.name, columns.address):
        if name and name not in properties:
            known = ", ".join(sorted(properties))
            problem = f"it has no property {name!r}, only {known}"
            raise BadArea(path=path, position=position, code="?", problem=problem)
    code = _text(properties[columns.code])
    if not code:
        raise BadArea(
            path=path, position=position, code="?", problem=f"its property {columns.code!r} is empty"
        )
    named = {columns.code, columns.name, columns.address}
    return AreaShape(
        code,
        _text(properties[columns.name]) if columns.name else code,
        _text(properties[columns.address]) or None if columns.address else None,
        _polygon(path, position, code, feature.get("geometry")),
        {name: value for name, value in properties.items() if name not in named},
    )


def _polygon(path: Path, position: int, code: str, geometry: Any) -> shapely.Geometry:
    def bad(problem: str) -> BadArea:
        return BadArea(path=path, position=position, code=code, problem=problem)

    if not isinstance(geometry, dict) or geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        found = geometry.get("type") if isinstance(geometry, dict) else geometry
        raise bad(f"its geometry is {found}, not a Polygon or MultiPolygon")
    try:
        polygon = shapely.from_geojson(json.dumps(geometry))
    except (ShapelyError, ValueError) as error:
        raise bad(str(error)) from error
    if not polygon.is_valid:
        polygon = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    if polygon.is_empty or polygon.area == 0:
        raise bad("its polygon covers nothing")
    west, south, east, north = polygon.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise bad(f"{west:g}, {south:g} is no longitude and latitude")
    return polygon


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def outlines(polygons: Sequence[shapely.Geometry]) -> list[dict[str, Any]]:
    """Lighter GeoJSON geometries of the polygons for a map of them all; shared borders stay shared."""
    west, south, east, north = shapely.total_bounds(polygons)
    tolerance = max(east - west, north - south) / _STEPS_ACROSS
    lighter = shapely.coverage_simplify(list(polygons), tolerance)
    kept = [light if light.area > 0 else full for light, full in zip(lighter, polygons, strict=True)]
    return [geometry(shapely.transform(each, lambda points: points.round(_DECIMALS))) for each in kept]


def geometry(polygon: shapely.Geometry) -> dict[str, Any]:
    """A polygon as a GeoJSON geometry."""
    found: dict[str, Any] = json.loads(shapely.to_geojson(polygon))
    return found


class AreaMap:
    """Answers which area holds a point."""

    def __init__(self, areas: Iterable[tuple[str, str]]) -> None:
        """`areas`: codes with their GeoJSON geometries as text."""
        ordered = sorted(areas)
        self._codes = np.array([code for code, _ in ordered], dtype=object)
        self._tree = shapely.STRtree(shapely.from_geojson([text for _, text in ordered]))

    def __len__(self) -> int:
        return len(self._codes)

    def locate(self, longitude: Floats, latitude: Floats) -> pa.StringArray:
        """The code of the area around each point, null outside of all; on a border the first code holds."""
        none = len(self._codes)
        first = np.full(len(longitude), none)
        if none:
            points, found = self._tree.query(shapely.points(longitude, latitude), predicate="intersects")
            np.minimum.at(first, points, found)
        return pa.array(self._codes, pa.string()).take(pa.array(first, mask=first == none))
