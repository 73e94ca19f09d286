"""The pages, and the way in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from commonweal import terminal
from commonweal.campaign import Campaign
from commonweal.cli.frame import HERE, Folder
from commonweal.store.ledger import LedgerRole

commands = typer.Typer()
command = partial(commands.command, rich_help_panel="Pages")


@command()
def serve(
    campaign: Folder = HERE,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    https: Annotated[
        bool, typer.Option("--https", help="A proxy in front speaks TLS: no cookie goes without it.")
    ] = False,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="Address or network of a proxy in front, whose X-Forwarded-For is believed."),
    ] = None,
) -> None:
    """Serve the pages, and do the runs that pages ask for. Prints a link that signs the director in, once.

    Example: commonweal serve --port 8080
    """
    open_pages(campaign, host, port, https=https, proxies=proxy or ())


@command()
def way_in(
    name: Annotated[
        str | None, typer.Argument(help="E-mail or name of an account; else all are shown.")
    ] = None,
    campaign: Folder = HERE,
    host: Annotated[str, typer.Option(help="Address that the pages are served on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port that they are served on.")] = 8000,
) -> None:
    """Print a link that signs somebody in, once: for who is locked out or has lost the first one.

    Example: commonweal way-in anna@example.org
    """
    from commonweal.access import actions, queries
    from commonweal.access.errors import NameNotFound

    with Campaign.open(campaign) as opened:
        with opened.ledger.read(LedgerRole.WEB) as connection:
            accounts = queries.accounts(connection, opened.clock())
        if name is None:
            rows = [(each.account.name, each.account.email, each.account.role.value) for each in accounts]
            terminal.show_table("Accounts: name one of them", ("name", "e-mail", "role"), rows)
            return
        found = [each for each in accounts if name in {each.account.name, each.account.email}]
        if len(found) != 1:
            known = ", ".join(each.account.email or each.account.name for each in found or accounts)
            raise NameNotFound(name=name, count=len(found), known=known)
        token = actions.make_link(opened, found[0].account.account_id, actor=opened.actor)
        terminal.OUT.print(f"http://{host}:{port}/sign-in#{token}", soft_wrap=True)


def open_pages(
    folder: Path, host: str, port: int, *, https: bool = False, proxies: Sequence[str] = ()
) -> None:
    """Serve the pages of a campaign until the process is ended."""
    from commonweal.web.server import serve as serve_pages

    serve_pages(folder, host=host, port=port, https=https, proxies=proxies)
