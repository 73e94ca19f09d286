"""What there is stands in the documentation: commands, rooms, settings, permissions, codes of the API; its links lead somewhere."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import typer

import commonweal
from commonweal.access.model import Permission, Role, Scope
from commonweal.access.rules import may
from commonweal.campaign import Settings
from commonweal.cli import app
from commonweal.contacts import rules
from commonweal.interactions.model import Fault
from commonweal.planning.options import CampaignOption
from commonweal.web.api.problems import PROBLEMS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "commonweal"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def page(name: str) -> str:
    return (ROOT / name).read_text()


def rows(name: str) -> list[list[str]]:
    """The cells of a page's tables."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page(name).splitlines()
        if line.startswith("| ")
    ]


def commands(group: Any, before: str = "commonweal") -> Iterator[tuple[str, str]]:
    """Each command and its help."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command.help


def test_every_command_is_listed_and_no_other() -> None:
    listed = {cell[0].strip("`") for cell in rows("docs/commands.md") if cell[0].startswith("`")}
    assert listed == dict(commands(typer.main.get_command(app))).keys()


def test_every_command_shows_an_example_of_itself() -> None:
    for name, text in commands(typer.main.get_command(app)):
        assert f"Example: {name}" in text


def test_every_room_has_its_paragraph() -> None:
    rooms = {each.parent.name for each in SOURCE.glob("*/__init__.py")}
    told = re.findall(r"^\*\*([\w/., ]+)\*\*", page("docs/architecture.md"), re.MULTILINE)
    names = [name.strip() for each in told for name in each.split(",")]
    named = {name.removesuffix("/") for name in names if name.endswith(("/", ".py"))}
    modules = {each.name for each in SOURCE.glob("*.py")} - {"__init__.py"}
    assert named == rooms | modules
    assert commonweal.__doc__
    assert {room for room in rooms if not re.search(rf"\b{room}\b", commonweal.__doc__)} == set()


def test_every_setting_is_listed_and_no_other() -> None:
    heads = [cell[0] for cell in rows("docs/campaign.md")]
    listed = {
        name for head in heads[: heads.index("variable")] for name in re.findall(r"`\[*(\w+)\]*`", head)
    }
    fields = {field.name for field in msgspec.structs.fields(Settings)}
    assert listed - {"date"} == fields


def test_every_variable_of_the_environment_is_listed() -> None:
    read = {
        name
        for path in SOURCE.rglob("*.py")
        for name in re.findall(r"\"(COMMONWEAL_\w+)\"", path.read_text())
    }
    assert len(read) > 3
    assert {name for name in read if f"`{name}`" not in page("docs/campaign.md")} == set()


def test_the_contact_rules_shown_are_those_of_the_program() -> None:
    text = page("docs/contacts.md")
    block = re.search(r"^    rest_after_refusal.*?(?=^\S)", text, re.MULTILINE | re.DOTALL)
    assert block
    shown = textwrap.dedent(block[0])
    told, default = rules.as_data(rules.from_toml(shown)), rules.as_data(rules.Rules())
    assert told.pop("cool_down") != default.pop("cool_down"), "its `after` is an example"
    assert told == default
    words = set(re.findall(r"\w+", shown))
    assert words >= {"any", "after", *default, *default["caps"], *default["holds"], *default["useless"]}
    assert words >= {*default["quiet_hours"], *default["caps"]["email"]}


def test_every_line_of_an_option_is_shown() -> None:
    fields = {field.name for field in msgspec.structs.fields(CampaignOption)}
    assert fields <= set(re.findall(r"^    (\w+) =", page("docs/plans.md"), re.MULTILINE))


def test_every_permission_is_told_with_its_roles() -> None:
    told = {cell[0].strip("`"): cell[2] for cell in rows("docs/roles.md") if cell[0].startswith("`")}
    assert set(told) == {permission.value for permission in Permission}
    for permission in Permission:
        roles = (
            set(Role) if told[permission] == "all" else {Role(name) for name in told[permission].split(", ")}
        )
        assert roles == {role for role in Role if may(role, permission)}, permission
    assert {scope for scope in Scope if f"`{scope}`" not in page("docs/roles.md")} == set()


def test_every_code_of_the_api_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", page("docs/events.md")))
    assert {fault.value for fault in Fault} <= told
    assert {code for code, _ in PROBLEMS.values()} <= told
    assert re.findall(r"\d{3}", " ".join(cell[0] for cell in rows("docs/events.md"))) == [
        str(each) for each in PROBLEMS
    ]


def test_every_policy_pack_is_told() -> None:
    packs = {path.stem for path in (SOURCE / "consent" / "packs").glob("*.toml")}
    assert {pack for pack in packs if f"| `{pack}` |" not in page("docs/policy.md")} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text()
    links = {path.parent / link for link in re.findall(r"\]\(([^)#:\s]+)[)#]", text)}
    mentions = {ROOT / name for name in re.findall(r"\bdocs/[\w/-]+\.(?:md|png)", text)}
    assert {str(link) for link in links | mentions if not link.exists()} == set()


def test_every_page_can_be_found() -> None:
    text = "".join(path.read_text() for path in PAGES)
    topics = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert {name for name in topics if f"docs/{name}" not in text} == set()


def test_only_the_campaign_s_clock_tells_the_time() -> None:
    clock = re.compile(r"(?<![.\w])now\(\)|datetime\.now\(|CURRENT_TIMESTAMP|clock_timestamp|time\.time\(")
    reads = {
        path.name
        for kind in ("py", "sql")
        for path in SOURCE.rglob(f"*.{kind}")
        if clock.search(path.read_text())
    }
    # A migration notes when the server took it; without a campaign's clock the server's counts.
    assert reads == {"campaign.py", "migrate.py", "0014_clock.sql"}
