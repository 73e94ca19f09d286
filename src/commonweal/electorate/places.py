"""Real ground: Toulouse's 265 polling places, their areas and their result of 24 April 2022.

Source: Toulouse Métropole open data, Licence Ouverte (see `ground/README.md`). The two candidates are
called A and B here: Commonweal uses their result only to place each area on a latent axis and to check
totals, never to say anything about them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Polygon, shape

from commonweal.electorate.model import Floats, Ints, Texts

REGISTERED = 258_806
"""Voters registered in Toulouse for 24 April 2022: the size at which every total is exact."""

# Toulouse's six postcodes, each with a point in the middle of the district that it roughly serves.
_POSTCODES = {
    "31000": (1.4437, 43.6045),
    "31100": (1.3950, 43.5700),
    "31200": (1.4400, 43.6350),
    "31300": (1.4000, 43.6020),
    "31400": (1.4600, 43.5720),
    "31500": (1.4830, 43.6130),
}
_MARGIN = 2e-6  # degrees, about 20 cm: keeps a point rounded to 6 decimals inside its area


@dataclass(frozen=True, eq=False)
class Ground:
    """The polling places, one entry of each array a place, sorted by code.

    `registered`, `turnout`, `spoilt` (blank or null), `votes_a` and `votes_b` are the published totals.
    `corners` are the triangles (n, 3, 2) of (longitude, latitude) that make up the areas; `steps` gives
    place number + share of its surface up to and including each triangle.
    """

    codes: Texts
    names: Texts
    postcodes: Texts
    registered: Ints
    turnout: Ints
    spoilt: Ints
    votes_a: Ints
    votes_b: Ints
    corners: Floats
    steps: Floats

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def turnout_rate(self) -> Floats:
        """Share of the registered voters who turned out."""
        return np.asarray(self.turnout / self.registered)

    @property
    def share_a(self) -> Floats:
        """Votes for A over votes for A or B."""
        return np.asarray(self.votes_a / (self.votes_a + self.votes_b))

    def points(self, rng: np.random.Generator, place: Ints) -> Floats:
        """A point drawn evenly inside the area of each `place`: (n, 2), longitude and latitude, 6 decimals."""
        at = np.searchsorted(self.steps, place + rng.random(len(place)), side="right")
        a, b, c = np.moveaxis(self.corners[at], 1, 0)
        u, v = rng.random((2, len(place), 1))
        beyond = u + v > 1
        u, v = np.where(beyond, 1 - u, u), np.where(beyond, 1 - v, v)
        return np.asarray(np.round(a + u * (b - a) + v * (c - a), 6))


def areas_geojson() -> Path:
    """The GeoJSON file of the polling places' areas; `code` and `name` are the properties to join on."""
    return Path(str(files("commonweal.electorate") / "ground" / "toulouse_2022_t2_polling_places.geojson"))


@cache
def toulouse() -> Ground:
    """The 265 polling places, read once."""
    features = json.loads(areas_geojson().read_text(encoding="utf-8"))["features"]
    properties = [feature["properties"] for feature in features]
    areas = [shape(feature["geometry"]) for feature in features]
    corners, steps = _triangles(areas)

    def totals(*columns: str) -> Ints:
        return np.array([sum(row[column] for column in columns) for row in properties], dtype=np.int64)

    return Ground(
        codes=np.array([row["code"] for row in properties], dtype=object),
        names=np.array([row["name"] for row in properties], dtype=object),
        postcodes=_postcodes(areas),
        registered=totals("Nombre d'inscrits"),
        turnout=totals("Nombre de votants"),
        spoilt=totals("Nombre de bulletins blancs", "Nombre de bulletins nuls"),
        votes_a=totals("Macron"),
        votes_b=totals("Le Pen"),
        corners=corners,
        steps=steps,
    )


def _triangles(areas: list[Polygon]) -> tuple[Floats, Floats]:
    corners, steps = [], []
    for place, area in enumerate(areas):
        pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(area.buffer(-_MARGIN)))
        surface = shapely.area(pieces).cumsum()
        corners.append(np.stack([shapely.get_coordinates(piece)[:3] for piece in pieces]))
        steps.append(place + surface / surface[-1])
    return np.concatenate(corners), np.concatenate(steps)


def _postcodes(areas: list[Polygon]) -> Texts:
    middles = np.array([(area.centroid.x, area.centroid.y) for area in areas])
    served = np.array(list(_POSTCODES.values()))
    gap = (middles[:, None, :] - served) * (0.72, 1.0)  # a degree of longitude is shorter at this latitude
    nearest = (gap**2).sum(axis=2).argmin(axis=1)
    return np.asarray(np.array(list(_POSTCODES), dtype=object)[nearest])


@dataclass(frozen=True, eq=False)
class Totals:
    """What each polling place holds in an electorate of another size: whole numbers, one entry a place."""

    registered: Ints
    turnout: Ints
    spoilt: Ints
    votes_a: Ints
    votes_b: Ints


def apportion(voters: int) -> Totals:
    """The published totals brought to `voters` registered in all: exact at `REGISTERED`, else within rounding.

    Registered voters go to places by largest remainder (Hamilton's method). Turnout, and the ballots of
    those who turned out, are each place's published share of them, rounded so that the parts add up.
    """
    ground = toulouse()
    registered = largest_remainder(ground.registered * (voters / REGISTERED), voters)
    expected = registered * ground.turnout_rate
    turnout = largest_remainder(expected, round(float(expected.sum())))
    ballots = np.column_stack([ground.votes_a, ground.votes_b, ground.spoilt]) / ground.turnout[:, None]
    parts = np.stack(
        [largest_remainder(n * share, int(n)) for n, share in zip(turnout, ballots, strict=True)]
    )
    return Totals(registered, turnout, spoilt=parts[:, 2], votes_a=parts[:, 0], votes_b=parts[:, 1])


def largest_remainder(quotas: NDArray[np.floating[Any]], total: int) -> Ints:
    """Whole numbers that add up to `total`, each its quota rounded down or up; the largest remainders go up."""
    whole = np.floor(quotas + 1e-9).astype(np.int64)
    short = total - int(whole.sum())
    if short:
        up = np.argsort(whole - quotas, kind="stable")[:short]
        whole[up] += 1
    return np.asarray(whole)
