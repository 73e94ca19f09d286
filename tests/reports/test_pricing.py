"""The price of governing big, as a terminal shows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commonweal.reports.pricing import show_price
from planning.price.prices import price


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_it_begins_with_what_few_messages_keep(capsys: pytest.CaptureFixture[str]) -> None:
    show_price(price(), 100)
    told = shown(capsys)
    assert "3 messages keep 96.8 % of the votes: the narrow road is worth 640.0 votes" in told
    assert "costs 18 promises" in told
    assert "With so little talk that serves few" in told


def test_without_promises_of_known_reach_there_is_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    show_price(replace(price(), by_narrowness=()), 100)
    assert "With so little talk" not in shown(capsys)


def test_where_no_message_promises_anything_it_counts_messages(capsys: pytest.CaptureFixture[str]) -> None:
    found = price()
    show_price(replace(found, free=replace(found.free, promises=())), 100)
    assert "takes 9 messages more." in shown(capsys)
