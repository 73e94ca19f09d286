"""Names and their short forms."""

from commonweal.identity import nicknames


def test_forms_go_both_ways_and_not_through_a_third_name() -> None:
    forms = nicknames.forms()
    assert "bob" in forms["robert"]
    assert "robert" in forms["bob"]
    assert "christophe" in forms["chris"]
    assert "christine" not in forms["christophe"]
    assert all(name in forms[other] for name, others in forms.items() for other in others)


def test_each_name_stands_once_with_spaces_around_its_forms() -> None:
    table = nicknames.table()
    assert len(set(table["name"].to_pylist())) == table.num_rows > 300
    assert all(forms[0] == forms[-1] == " " for forms in table["forms"].to_pylist())
    assert all(name.isalpha() and name.isascii() for name in table["name"].to_pylist())
