"""Contact-plan instances for benchmarks: the same for our solver and for its peers.

    instance = make_instance(persons=10_000, options=20, seed=1)
    lp = as_linear_program(instance)          # for HiGHS, OR-Tools and the like

Five channels (door, phone, SMS, e-mail, post); options = channel x message (x 2 slots from 200
options on). A gain of NOT_ELIGIBLE means that the option is closed to that person; other gains may be
zero or negative (an option that never helps). Needs numpy, numba; as_linear_program needs scipy.

LP optimum of make_instance(10_000, 20, seed=1): 359.43393 (HiGHS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

CHANNELS = ("door", "phone", "sms", "email", "post")
COST = np.array([1.0, 0.4, 0.04, 0.003, 0.6])  # money per contact, by channel
PHONE_HOURS = 0.1  # hours per call
NOT_ELIGIBLE = np.float32(-1e9)

_EFFECT = np.array([0.050, 0.020, 0.004, 0.002, 0.006], np.float32)
_REACH = np.array([0.9, 0.5, 0.3, 0.4, 0.95], np.float32)
_REGIONS, _GROUPS, _BLOCKS = 10, 6, 256


@dataclass(frozen=True)
class Instance:
    gain: np.ndarray  # (persons, options) float32: votes gained; NOT_ELIGIBLE where closed
    channel: np.ndarray  # (options,) index into CHANNELS
    message: np.ndarray  # (options,)
    slot: np.ndarray  # (options,)
    max_contacts: np.ndarray  # (persons,) int8, 1..3; at most one contact per channel besides
    door_hours: np.ndarray  # (persons,) float32: hours that a door contact takes
    group: np.ndarray  # (persons,) int8
    area_start: np.ndarray  # (areas + 1,): persons of area a are area_start[a]:area_start[a + 1]
    area_hours: np.ndarray  # (areas,): volunteer door hours; some are 0
    region: np.ndarray  # (areas,): phone region of an area
    money: float  # upper limit
    phone_hours: np.ndarray  # (regions,) upper limit
    sms: np.ndarray  # (slots,) upper limit, contacts
    email: np.ndarray  # (slots,) upper limit, contacts
    message_floor: np.ndarray  # (messages,) contacts
    message_cap: np.ndarray  # (messages,) contacts
    group_floor: np.ndarray  # (groups,) contacts


@numba.njit(parallel=True, cache=True)
def _fill_gain(gain, persons, messages, slots, taste, group, group_scale, seed, quantum):
    for block in numba.prange(_BLOCKS):
        np.random.seed(seed * 1000 + block)
        for i in range(block * persons // _BLOCKS, (block + 1) * persons // _BLOCKS):
            base = group_scale[group[i]] * np.exp(0.6 * np.random.normal())
            z0 = np.random.normal()
            z1 = np.random.normal()
            z2 = np.random.normal()
            z3 = np.random.normal()
            for c in range(5):
                open_ = np.random.random() < _REACH[c]
                for m in range(messages):
                    a = z0 * taste[m, 0] + z1 * taste[m, 1] + z2 * taste[m, 2] + z3 * taste[m, 3]
                    affinity = np.float32(2.0 / (1 + np.exp(-a)) - 0.35)
                    for s in range(slots):
                        o = (c * messages + m) * slots + s
                        if open_:
                            v = _EFFECT[c] * base * affinity * (0.7 + 0.6 * np.random.random())
                            if quantum > 0:
                                v = np.round(v / quantum) * quantum
                            gain[i, o] = v
                        else:
                            gain[i, o] = NOT_ELIGIBLE


def make_instance(
    persons: int,
    options: int,
    seed: int = 1,
    persons_per_area: int = 1000,
    quantum: float = 0.0,
    areas_without_hours: float = 0.02,
) -> Instance:
    """`quantum` > 0 rounds the gains to it and so makes ties. `options` is a multiple of 5 (10 from 200 on)."""
    slots = 2 if options >= 200 else 1
    messages = options // (5 * slots)
    if messages * 5 * slots != options:
        raise ValueError(f"options must be a multiple of {5 * slots}: {options}")
    rng = np.random.default_rng(seed)
    areas = max(4, persons // persons_per_area)
    size = rng.lognormal(0, 0.6, areas)
    start = np.zeros(areas + 1, np.int64)
    start[1:] = np.round(np.cumsum(size) / size.sum() * persons).astype(np.int64)
    region = (np.arange(areas) * _REGIONS // areas).astype(np.int64)
    group = rng.integers(0, _GROUPS, persons).astype(np.int8)
    door_hours = rng.uniform(0.1, 0.3, persons).astype(np.float32)
    max_contacts = rng.choice([1, 2, 3], persons, p=[0.3, 0.4, 0.3]).astype(np.int8)
    gain = np.empty((persons, options), np.float32)
    taste = rng.normal(0, 0.8, (messages, 4))
    _fill_gain(
        gain, persons, messages, slots, taste, group, np.array([0.4, 0.7, 1.0, 1.0, 1.3, 1.6]), seed, quantum
    )
    in_area = np.diff(start)
    hours = 0.2 * 0.2 * in_area * rng.uniform(0.3, 1.5, areas)
    hours[rng.random(areas) < areas_without_hours] = 0
    in_region = np.bincount(region, weights=in_area, minlength=_REGIONS)
    phone = PHONE_HOURS * 0.12 * in_region * rng.uniform(0.6, 1.4, _REGIONS)
    o = np.arange(options)
    contacts = 0.75 * persons
    return Instance(
        gain=gain,
        channel=o // (messages * slots),
        message=(o // slots) % messages,
        slot=o % slots,
        max_contacts=max_contacts,
        door_hours=door_hours,
        group=group,
        area_start=start,
        area_hours=hours,
        region=region,
        money=0.30 * persons,
        phone_hours=phone,
        sms=np.full(slots, 0.12 * persons / slots),
        email=np.full(slots, 0.2 * persons / slots),
        message_floor=np.full(messages, 0.35 * contacts / messages),
        message_cap=np.full(messages, 2.0 * contacts / messages),
        group_floor=0.58 * np.bincount(group, minlength=_GROUPS),
    )


def as_linear_program(p: Instance):
    """(objective to maximise, constraint matrix CSC, row lower, row upper, person, option) over the open pairs."""
    import scipy.sparse as sp

    person, option = np.nonzero(p.gain > NOT_ELIGIBLE / 10)
    n = len(person)
    channel = p.channel[option]
    area = np.repeat(np.arange(len(p.area_hours)), np.diff(p.area_start))[person]
    column = np.arange(n)
    rows, columns, values, lower, upper = [], [], [], [], []
    at = 0

    def add(index, which, value, low, up):
        nonlocal at
        rows.append(at + index), columns.append(column[which]), values.append(value)
        lower.append(low), upper.append(up)
        at += len(up)

    every, none = np.ones(n, bool), -np.inf

    def limit(index, which, value, up):
        add(index, which, value, np.full(len(up), none), up)

    limit(np.zeros(n, int), every, COST[channel], np.array([p.money]))
    k = channel == 1
    limit(p.region[area[k]], k, np.full(k.sum(), PHONE_HOURS), p.phone_hours)
    k = channel == 2
    limit(p.slot[option[k]], k, np.ones(k.sum()), p.sms)
    k = channel == 3
    limit(p.slot[option[k]], k, np.ones(k.sum()), p.email)
    add(p.message[option], every, np.ones(n), p.message_floor, p.message_cap)
    add(p.group[person].astype(int), every, np.ones(n), p.group_floor, np.full(_GROUPS, np.inf))
    k = channel == 0
    limit(area[k], k, p.door_hours[person[k]].astype(float), p.area_hours)
    limit(person, every, np.ones(n), p.max_contacts.astype(float))
    pair, inverse = np.unique(person * 5 + channel, return_inverse=True)
    limit(inverse, every, np.ones(n), np.ones(len(pair)))
    matrix = sp.coo_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=(at, n)
    ).tocsc()
    return (
        p.gain[person, option].astype(float),
        matrix,
        np.concatenate(lower),
        np.concatenate(upper),
        person,
        option,
    )
