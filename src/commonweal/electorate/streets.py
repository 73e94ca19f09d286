"""Streets, buildings and addresses. The street names are invented; the ground they lie on is real."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from commonweal.electorate.groups import fill, rank_within
from commonweal.electorate.model import Address, Block, Flags, Floats, Ints, Texts
from commonweal.electorate.places import Ground, toulouse

_MOST_STREETS = 40  # in one polling place
_VOTERS_A_STREET = 60

_TYPES = {
    "Rue": 0.50, "Avenue": 0.10, "Chemin": 0.09, "Allée": 0.08, "Impasse": 0.08, "Boulevard": 0.04, "Place": 0.03,
    "Route": 0.03, "Passage": 0.02, "Square": 0.01, "Quai": 0.01, "Cours": 0.01,
}  # fmt: skip
_MASCULINE = (
    "Moulin Pré Lavoir Verger Four Puits Pigeonnier Vallon Coteau Chêne Cèdre Figuier Noyer Mûrier Platane Tilleul "
    "Laurier Romarin Rossignol Rouge-Gorge Martin-Pêcheur Héron Canal Pont Port Gué Ruisseau Bosquet Clos Marché "
    "Couvent Donjon Rempart Fossé Belvédère Cadran Pressoir Hameau Jardin Potager Sentier Faubourg Bac Vignoble "
    "Châtaignier Sureau Pinson Colombier Lac Bassin Relais Cloître Manège Balcon"
)
_FEMININE = (
    "Fontaine Source Garenne Bergerie Tour Porte Poterne Croix Chapelle Colline Combe Prairie Clairière Palombière "
    "Grange Ferme Briqueterie Tuilerie Forge Fonderie Filature Corderie Tannerie Verrerie Halle Passerelle Digue "
    "Rivière Cascade Mésange Huppe Tourterelle Lavande Violette Bruyère Glycine Vigne Treille Pinède Châtaigneraie "
    "Roseraie Sablière Carrière Lande Butte Terrasse Barrière Borde Métairie Cale"
)
_PLURAL_MASCULINE = (
    "Tilleuls Platanes Cèdres Marronniers Peupliers Saules Cerisiers Pommiers Genêts Lilas Bleuets Coquelicots Roseaux "
    "Rossignols Pinsons Potiers Tisserands Tanneurs Bateliers Maraîchers Meuniers Charrons Vanniers Chapeliers "
    "Couteliers Vignerons Mariniers Remparts Fossés Jardins Vergers Chênes Bouleaux Noisetiers Mimosas Moulins"
)
_PLURAL_FEMININE = (
    "Jonquilles Pervenches Cigales Lavandières Sablières Capucines Fontaines Vignes Prairies Tours Croix"
)
_ELIDED = (
    "Abreuvoir Aqueduc Écluse Étang Île Horloge Orangerie Oseraie Orme Olivette Alouette Aubépine Églantine Ermitage "
    "Hirondelle Amandier Acacia Érable Imprimerie Observatoire"
)
_FORMS = (
    *((form, _MASCULINE) for form in ("du {}", "du Vieux {}", "du Petit {}", "du Grand {}", "du Nouveau {}")),
    *(
        (form, _FEMININE)
        for form in ("de la {}", "de la Vieille {}", "de la Petite {}", "de la Grande {}", "de la Haute {}")
    ),
    *((form, _PLURAL_MASCULINE) for form in ("des {}", "des Petits {}", "des Grands {}", "des Vieux {}")),
    *((form, _PLURAL_FEMININE) for form in ("des {}", "des Petites {}", "des Grandes {}")),
    ("de l'{}", _ELIDED),
)
_ESTATES = (
    "Les Tilleuls", "Le Parc", "Bellevue", "Les Cèdres", "Le Belvédère", "Les Terrasses", "Le Verger", "Les Violettes",
)  # fmt: skip
_ELSEWHERE = (
    ("31770", "Colomiers"), ("31700", "Blagnac"), ("31170", "Tournefeuille"), ("31130", "Balma"),
    ("31520", "Ramonville-Saint-Agne"), ("31240", "L'Union"), ("31600", "Muret"), ("31270", "Cugnaux"),
    ("31830", "Plaisance-du-Touch"), ("31320", "Castanet-Tolosan"), ("31140", "Aucamville"), ("31120", "Portet-sur-Garonne"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Homes:
    """The dwellings of a block's households, one entry each; `building` is counted within the block."""

    address: Address
    point: Floats
    building: Ints
    house: Flags


def settle(block: Block, home_place: Ints) -> Homes:
    """Give each household a dwelling inside the area of its polling place (`home_place`, within the block)."""
    rng, ground = block.stream("streets"), toulouse()
    room = np.bincount(home_place, minlength=len(block.places))
    _used, place, dwellings = fill(_building_sizes(rng, len(home_place)), room)
    point = ground.points(rng, block.places[place])
    street, number = _along_streets(rng, ground, block, place, point)
    building = np.repeat(np.arange(len(place)), dwellings)
    address = Address(
        number=_numbers(rng, number)[building],
        street=street_names(block.seed)[street][building],
        complement=_complements(rng, building, dwellings[building]),
        postcode=ground.postcodes[block.places[place]][building],
        town=np.full(len(building), "Toulouse", dtype=object),
    )
    return Homes(address, point[building], building, dwellings[building] == 1)


def elsewhere(block: Block, rng: np.random.Generator, size: int) -> Address:
    """Other addresses to have moved to or from: three quarters in the city, the rest in towns around it."""
    ground = toulouse()
    place = rng.integers(0, len(ground), size)
    nth = (rng.random(size) * _streets_in(block.voters, ground)[place]).astype(np.int64)
    away = rng.random(size) < 0.25
    town = rng.integers(0, len(_ELSEWHERE), size)
    postcodes, towns = (np.array(part, dtype=object) for part in zip(*_ELSEWHERE, strict=True))
    flat = rng.random(size) < 0.5
    return Address(
        number=rng.integers(1, 90, size).astype(str).astype(object),
        street=street_names(block.seed)[place * _MOST_STREETS + nth],
        complement=np.where(
            flat, "", np.array([f"Appt {n}" for n in rng.integers(1, 60, size)], dtype=object)
        ),
        postcode=np.where(away, postcodes[town], ground.postcodes[place]),
        town=np.where(away, towns[town], "Toulouse").astype(object),
    )


@cache
def street_names(seed: int) -> Texts:
    """Names of all streets: those of place p are at p * 40 and following.

    No two are alike among the first 30 streets of each place; later ones, which only electorates of half a million
    and more have, bear names that occur elsewhere too.
    """
    rng = np.random.default_rng([seed, 31555])
    names = [form.format(noun) for form, nouns in _FORMS for noun in nouns.split()]
    combined = np.array([f"{kind} {name}" for kind in _TYPES for name in names], dtype=object)
    weight = np.repeat(list(_TYPES.values()), len(names))
    # Efraimidis and Spirakis 2006: a weighted draw without replacement takes the smallest of -log(u) / weight.
    drawn = combined[np.argsort(-np.log(rng.random(len(combined))) / weight)]
    # The usual kinds come first, so each place takes its first street, then each its second, and so on.
    return np.resize(drawn, (_MOST_STREETS, len(toulouse()))).T.ravel()


def _streets_in(voters: int, ground: Ground) -> Ints:
    expected = ground.registered * (voters / ground.registered.sum()) / _VOTERS_A_STREET
    return np.asarray(np.clip(np.ceil(expected), 2, _MOST_STREETS), dtype=np.int64)


def _building_sizes(rng: np.random.Generator, households: int) -> Ints:
    """Dwellings a building: houses, small and large blocks of flats."""
    kind = rng.random(households)
    sizes = np.where(kind < 0.55, 1, np.where(kind < 0.75, rng.integers(2, 6, households), 0))
    return np.where(sizes == 0, rng.integers(6, 41, households), sizes).astype(np.int64)


def _along_streets(
    rng: np.random.Generator, ground: Ground, block: Block, place: Ints, point: Floats
) -> tuple[Ints, Ints]:
    """Street of each building (nearest of the place's street centres) and its number, counted along the street."""
    count = _streets_in(block.voters, ground)[block.places]
    street = np.zeros(len(place), dtype=np.int64)
    centres = ground.points(rng, np.repeat(block.places, count))
    first_centre = np.concatenate([[0], count.cumsum()])
    first_building = np.searchsorted(place, np.arange(len(count) + 1))
    for at in range(len(count)):
        here = slice(first_building[at], first_building[at + 1])
        gap = point[here, None, :] - centres[None, first_centre[at] : first_centre[at + 1]]
        street[here] = block.places[at] * _MOST_STREETS + (gap**2).sum(axis=2).argmin(axis=1)
    order = np.lexsort((point @ np.array([0.6, 0.8]), street))
    along = np.empty(len(place), dtype=np.int64)
    along[order] = rank_within(street[order])
    return street, 2 * along + 1 + rng.integers(0, 2, len(place))


def _numbers(rng: np.random.Generator, number: Ints) -> Texts:
    texts = number.astype(str).astype(object)
    bis = rng.random(len(number)) < 0.03
    texts[bis] += " bis"
    return texts


def _complements(rng: np.random.Generator, building: Ints, dwellings: Ints) -> Texts:
    """ "Appt 12" and the like for two flats in three, nothing for houses."""
    n = len(building)
    nth = rank_within(building) + 1
    told = (dwellings > 1) & (rng.random(n) < 0.66)
    estate = rng.integers(0, 4 * len(_ESTATES), int(building[-1]) + 1 if n else 0)[building]
    texts = np.full(n, "", dtype=object)
    for row in np.flatnonzero(told):
        home = f"Appt {nth[row]}"
        large = dwellings[row] > 20 and estate[row] < len(_ESTATES)
        texts[row] = f"Rés. {_ESTATES[estate[row]]}, {home}" if large else home
    return texts
