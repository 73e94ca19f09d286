import json

import numpy as np
import pytest
import shapely

from commonweal.people.areas import AreaMap, Columns, geometry, outlines, read_areas
from commonweal.people.errors import BadArea, NoAreaFile, NoGeoJson


def square(x, y, size=1.0):
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code, shape, **others):
    return {"type": "Feature", "properties": {"code": code, **others}, "geometry": shape}


def write(folder, content):
    path = folder / "areas.geojson"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def collection(*features, **others):
    return {"type": "FeatureCollection", "features": list(features), **others}


def test_areas_are_read_with_name_address_and_facts(tmp_path):
    content = collection(
        feature(114.0, square(1, 0), NOM="B", ADRESSE=None, inscrits=5),
        feature("113", square(0, 0), NOM=" A ", ADRESSE="1 rue", inscrits=7),
    )
    found = read_areas(write(tmp_path, content), Columns("code", "NOM", "ADRESSE"))
    assert [(a.area_code, a.name, a.address, a.facts) for a in found] == [
        ("113", "A", "1 rue", {"inscrits": 7}),
        ("114", "B", None, {"inscrits": 5}),
    ]
    assert read_areas(write(tmp_path, content), Columns("code"))[0].name == "113"


def test_a_crossed_polygon_is_mended(tmp_path):
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    (area,) = read_areas(write(tmp_path, collection(feature("1", bow))), Columns("code"))
    assert area.polygon.is_valid
    assert area.polygon.area == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "line 1, column 2"),
        ("[]", "FeatureCollection"),
        ({"type": "Feature"}, "FeatureCollection"),
        (collection(), "no features"),
        (
            collection(
                feature("1", square(0, 0)), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
            ),
            "2154",
        ),
    ],
)
def test_a_file_without_areas_is_refused(tmp_path, content, words):
    with pytest.raises(NoGeoJson, match=words):
        read_areas(write(tmp_path, content), Columns("code"))


def test_a_file_that_is_not_there_or_no_text(tmp_path):
    with pytest.raises(NoAreaFile, match="No such file"):
        read_areas(tmp_path / "none.geojson", Columns("code"))
    (tmp_path / "x").write_bytes(b'{"a": "\xff"}')
    with pytest.raises(NoGeoJson, match="byte 7"):
        read_areas(tmp_path / "x", Columns("code"))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (7, "no Feature"),
        (feature("2", None), "geometry is None"),
        (feature("2", {"type": "Point", "coordinates": [0, 0]}), "Point, not a Polygon"),
        (feature("2", {"type": "Polygon", "coordinates": [[0, 0]]}), "area 2"),
        (feature("2", {"type": "Polygon", "coordinates": []}), "covers nothing"),
        (feature("2", {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0], [0, 0]]]}), "covers nothing"),
        (feature("2", square(574000, 6279000)), "no longitude and latitude"),
        (feature(None, square(0, 0)), "is empty"),
        (feature("1", square(0, 0)), "area 1 has the same code"),
        ({"type": "Feature", "properties": {"kode": "2"}, "geometry": square(0, 0)}, "no property 'code', only kode"),
    ],
)  # fmt: skip
def test_an_area_that_cannot_be_used_is_named(tmp_path, bad, words):
    with pytest.raises(BadArea, match=words) as caught:
        read_areas(write(tmp_path, collection(feature("1", square(5, 5)), bad)), Columns("code"))
    assert caught.value.parameters["position"] == 2


def test_points_find_their_area_and_a_border_has_one():
    areas = AreaMap([("b", json.dumps(square(1, 0))), ("a", json.dumps(square(0, 0)))])
    found = areas.locate(np.array([0.5, 1.5, 1.0, 9.0, np.nan]), np.array([0.5, 0.5, 0.5, 0.5, 0.5]))
    assert found.to_pylist() == ["a", "b", "a", None, None]
    assert AreaMap([]).locate(np.array([0.5]), np.array([0.5])).to_pylist() == [None]


def test_outlines_are_lighter_and_leave_no_gap():
    waves = np.linspace(0, 1, 2001)
    border = np.column_stack([1 + 1e-5 * np.sin(80 * waves), waves])
    left = shapely.Polygon([(0, 0), *border, (0, 1)])
    right = shapely.Polygon([(2, 0), *border, (2, 1)])
    drawn = [shapely.from_geojson(json.dumps(each)) for each in outlines([left, right])]
    assert sum(map(shapely.get_num_coordinates, drawn)) < 100
    assert shapely.union_all(drawn).area == pytest.approx(2, abs=1e-4)
    assert drawn[0].intersection(drawn[1]).area < 1e-9
    assert geometry(left)["type"] == "Polygon"
