"""Pools of French given names and surnames, from which every name in the electorate is drawn.

The pools are generic names in rough order of use, not a register: a drawn combination names nobody.
Names carry no information about opinion, place or origin: they are drawn independently of all three.
A long tail of surnames is built from syllables, so that homonyms occur about as often as in a real town:
a few names are shared by many, most by few.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import numpy as np

from commonweal.electorate.model import FEMALE, MALE, Floats, Ints, Texts

# Given names by sex and by the birth year around which they were most used; most used first.
_GIVEN: dict[int, dict[int, str]] = {
    FEMALE: {
        1932: "Jeannine Denise Paulette Simone Yvette Odette Ginette Andrée Huguette Lucienne Marcelle Suzanne "
        "Yvonne Georgette Raymonde Gisèle Renée Jacqueline Germaine Colette Madeleine Thérèse Josette Pierrette "
        "Henriette Micheline Solange Éliane Rolande Augustine Marguerite Fernande Arlette Léone Gilberte",
        1948: "Monique Françoise Nicole Jacqueline Danielle Michèle Christiane Marie-Thérèse Annie Jeanne Josiane "
        "Claudine Mireille Bernadette Liliane Geneviève Évelyne Chantal Régine Claudette Marie-Claude Simone "
        "Marie-José Élisabeth Anne-Marie Yolande Rose-Marie Hélène Ghislaine Lucette Maryse Éliane Huguette Rosa "
        "Dolores Carmen Paule Antoinette Odile Marie-Louise",
        1962: "Martine Brigitte Catherine Christine Patricia Sylvie Véronique Dominique Pascale Chantal Nadine "
        "Isabelle Marie-Christine Corinne Muriel Béatrice Annick Jocelyne Joëlle Agnès Marie-Hélène Marie-Pierre "
        "Élisabeth Sabine Maryline Fabienne Laurence Florence Marie-Line Viviane Nelly Murielle "
        "Malika Fatima Maria Ana Colette Édith Danièle Marie-Ange",
        1974: "Nathalie Isabelle Valérie Sandrine Stéphanie Céline Karine Sophie Laurence Christelle Delphine "
        "Virginie Carole Séverine Anne Florence Cécile Sonia Katia Magali Estelle Sabrina Nadia Claire Laetitia "
        "Peggy Vanessa Barbara Myriam Samira Naïma Patricia Rachel Emmanuelle Marie-Laure Gaëlle Karima Paola "
        "Alexandra Natacha Sandra Frédérique",
        1986: "Aurélie Émilie Julie Marie Élodie Audrey Mélanie Laura Jennifer Caroline Amandine Marion Amélie Lucie "
        "Charlotte Pauline Camille Sarah Anaïs Alexandra Mathilde Jessica Aurore Ludivine Cindy Alice Hélène "
        "Élise Noémie Coralie Leïla Yasmina Amina Sabrina Elsa Sandra Perrine Justine Adeline Blandine Angélique "
        "Fanny Morgane Solène Gwendoline Linda Kelly Bérénice",
        1997: "Camille Manon Léa Marine Laura Océane Chloé Mathilde Justine Clara Emma Margaux Lucie Pauline Sarah "
        "Anaïs Juliette Marie Élisa Inès Maéva Eva Alicia Célia Romane Lisa Amandine Ophélie Mélissa Salomé "
        "Coraline Nina Clémence Louise Agathe Solène Julia Imane Yasmine Assia Mégane Charlène Andréa Flavie",
        2007: "Emma Léa Manon Clara Chloé Inès Sarah Jade Camille Lola Louise Zoé Lilou Eva Romane Louna Anaïs "
        "Maëlys Lucie Juliette Ambre Léna Alice Rose Célia Noémie Elisa Lina Nour Maïssa Lisa Margot Capucine "
        "Jeanne Valentine Élise Victoire Mila Faustine Apolline Ninon Salma Aya Kenza Ilona",
    },
    MALE: {
        1932: "Jean André Pierre René Roger Robert Marcel Louis Henri Georges Maurice Raymond Lucien Paul Gaston "
        "Fernand Joseph Albert Émile Léon Charles Eugène Gilbert Jacques Guy François Antoine Marius Édouard "
        "Étienne Gérard Francis Élie Adrien Abel",
        1948: "Michel Jean Claude Bernard Jean-Claude Gérard Daniel Jacques Alain Pierre Jean-Pierre André Christian "
        "Georges Guy Serge Roland Jean-Paul Jean-Louis Yves Francis Jean-Marie Robert Marc Maurice Gilbert Henri "
        "Jean-Jacques Roger Raymond Antonio Manuel José Francisco Aimé Régis Edmond Lucien Noël",
        1962: "Philippe Patrick Alain Éric Pascal Thierry Didier Bruno Dominique Jean-Luc Laurent Gilles Marc Christian "
        "Jean-Michel Jean-Marc Hervé Jean-François Denis Joël Olivier Patrice Serge Franck François "
        "Bertrand Luc Dominique Rachid Mohamed Ahmed Ali Carlos Paulo Fernando Jean-Noël Frédéric Vincent Jean-Yves "
        "Xavier Yvan Rémy",
        1974: "Stéphane Christophe Laurent David Frédéric Olivier Sébastien Jérôme Éric Nicolas Cédric Franck Fabrice "
        "Arnaud Ludovic Vincent Bruno Karim Samir Yannick Emmanuel Grégory Lionel Cyril Hervé Jean-Christophe "
        "Régis Fabien Gilles Mickaël Mohamed Farid Hassan Sylvain Stéphan Pascal Alexandre Johann Gaël Sandro Marco "
        "Jean-Philippe Jean-Sébastien Denis",
        1986: "Nicolas Julien Guillaume Alexandre Romain Thomas Jérémy Anthony Mathieu Kevin Benjamin Jonathan Maxime "
        "Florian Aurélien Pierre Adrien Damien Mickaël Matthieu Clément Cyril Vincent Yohan Arnaud François "
        "Rémi Simon Jean-Baptiste Bastien Samuel Mehdi Karim Sofiane Loïc Steven Geoffrey Antoine Gaëtan Raphaël "
        "Tristan Boris Antonin Youssef Bilal Xavier Thibault",
        1997: "Thomas Alexandre Maxime Antoine Quentin Lucas Nicolas Théo Hugo Valentin Romain Clément Pierre Alexis "
        "Florian Corentin Paul Dylan Jordan Louis Baptiste Guillaume Adrien Benjamin Dorian Tristan Léo Mathis "
        "Rayan Yanis Bastien Samy Loris Robin Arthur Victor Axel Mohamed Amine Nassim Kylian Gabin Enzo Titouan "
        "Thibaut Erwan Tom Anthony",
        2007: "Lucas Enzo Mathis Nathan Hugo Théo Tom Louis Clément Léo Raphaël Maxime Yanis Noah Arthur Mathéo Jules "
        "Ethan Gabriel Adam Axel Timéo Sacha Maël Baptiste Nolan Antoine Paul Rayan Evan Noé Robin Gabin Ilyes "
        "Aaron Malo Titouan Eliott Côme Amir Ayoub Ismaël Lény Esteban Diego Samuel Victor",
    },
}
_SPREAD = 8.5  # years: how long a name stays in use around its best year

# Everyday short forms, by given name.
_NICKNAMES: dict[str, str] = {
    "Alexandra": "Alex", "Alexandre": "Alex", "Alexis": "Alex", "Anthony": "Tony", "Antoine": "Toine",
    "Antonio": "Toni", "Audrey": "Dédé", "Aurélie": "Lili", "Aurélien": "Aurel", "Baptiste": "Bapt",
    "Bastien": "Bast", "Benjamin": "Ben", "Bernadette": "Bernie", "Bernard": "Nanard", "Brigitte": "Bibi",
    "Camille": "Cam", "Caroline": "Caro", "Catherine": "Cathy", "Charlotte": "Charlie", "Christelle": "Chris",
    "Christian": "Chris", "Christiane": "Cricri", "Christine": "Chris", "Christophe": "Chris", "Clément": "Clem",
    "Clémence": "Clem", "Corinne": "Coco", "Danielle": "Dany", "Daniel": "Dany", "Delphine": "Delph",
    "Dominique": "Dom", "Emmanuel": "Manu", "Emmanuelle": "Manue", "Fabienne": "Fab", "Fabrice": "Fab",
    "Fabien": "Fab", "Florence": "Flo", "Florian": "Flo", "Françoise": "Fanfan", "Frédéric": "Fred",
    "Frédérique": "Fred", "Gabriel": "Gab", "Geneviève": "Ginou", "Georges": "Jo", "Georgette": "Zette",
    "Gérard": "Gégé", "Grégory": "Greg", "Guillaume": "Guigui", "Isabelle": "Isa", "Jacqueline": "Jackie",
    "Jacques": "Jacky", "Jean-Baptiste": "JB", "Jean-Christophe": "JC", "Jean-Claude": "Jean-Clo",
    "Jean-François": "Jeff", "Jean-Jacques": "JJ", "Jean-Louis": "Jean-Lou", "Jean-Luc": "JL", "Jean-Marc": "JM",
    "Jean-Marie": "JM", "Jean-Michel": "JM", "Jean-Paul": "JP", "Jean-Philippe": "JP", "Jean-Pierre": "JP",
    "Jean-Yves": "JY", "Jennifer": "Jenny", "Jérémy": "Jérem", "Jérôme": "Jé", "Jessica": "Jess",
    "Jonathan": "Jo", "Joseph": "Jo", "José": "Pépé", "Julie": "Ju", "Julien": "Ju", "Juliette": "Juju",
    "Justine": "Juju", "Laetitia": "Laeti", "Laurence": "Lau", "Laurent": "Lolo", "Louise": "Loulou",
    "Lucas": "Luc", "Ludivine": "Ludi", "Ludovic": "Ludo", "Magali": "Mag", "Manuel": "Manu",
    "Margaux": "Margot", "Marguerite": "Margot", "Marie-Christine": "Marie-Chris", "Marie-Claude": "Marie-Clo",
    "Marie-Hélène": "Marie-Lène", "Marie-Thérèse": "Maïté", "Marine": "Rine", "Mathieu": "Math",
    "Matthieu": "Mat", "Mathilde": "Mathou", "Maxime": "Max", "Mélanie": "Mel", "Mélissa": "Mel",
    "Micheline": "Mimi", "Michel": "Mich", "Michèle": "Mimi", "Mickaël": "Micka", "Mireille": "Mimi",
    "Mohamed": "Momo", "Monique": "Mo", "Nathalie": "Nath", "Nathan": "Nat", "Nicolas": "Nico",
    "Nicole": "Nini", "Océane": "Océ", "Olivier": "Oliv", "Ophélie": "Ophé", "Pascale": "Cal", "Patricia": "Pat",
    "Patrick": "Pat", "Patrice": "Pat", "Pauline": "Popo", "Philippe": "Phil", "Pierre": "Pierrot",
    "Quentin": "Quent", "Raphaël": "Raph", "Raymond": "Ray", "Robert": "Bob", "Roger": "Rog", "Romain": "Rom",
    "Samuel": "Sam", "Sandrine": "Sandy", "Sébastien": "Seb", "Séverine": "Sev", "Simone": "Momone",
    "Sophie": "Soso", "Stéphane": "Stef", "Stéphanie": "Steph", "Suzanne": "Suzy", "Sylvain": "Syl",
    "Sylvie": "Syl", "Théo": "Té", "Thérèse": "Thé", "Thierry": "Titi", "Thomas": "Tom", "Valentin": "Val",
    "Valérie": "Val", "Vanessa": "Vava", "Véronique": "Véro", "Victor": "Vic", "Vincent": "Vince",
    "Virginie": "Vivi", "Xavier": "Xav",
}  # fmt: skip

# Most used first; the order sets the frequency.
_SURNAMES = """
Martin Garcia Durand Fabre Lopez Martinez Bernard Petit Dupont Robert Richard Sanchez Moreau Perez Dubois Laurent Roux
Fernandez Vidal Simon Michel Bonnet Rodriguez Fournier Girard Lefebvre Leroy Andre Mercier Faure Blanc Guerin Boyer
Garnier Chevalier Francois Legrand Gauthier Lambert Rousseau Vincent Muller Henry Morin Nicolas Perrin Mathieu Clement
Gautier Dumont Fontaine Robin Masson Roche Arnaud Lemaire Marchand Dufour Blanchard Joly Riviere Lucas Brunet Gaillard
Barbier Arnal Cazaux Costes Delmas Pujol Soulie Cros Marty Rouquette Cabrol Albert Aubert Roy Meyer Noel Brun Bourgeois
Picard Vasseur Renaud Colin Leclerc Philippe Rolland Caron Aubry Giraud Roger Renard Lacroix Olivier Bertrand Besson
Leroux Carpentier Dupuy Charpentier Moulin Fleury Royer Jacquet Benoit Lacombe Deschamps Maillard Lecomte Guillot
Vallet Paris Prevost Bouvier Rey Charles Julien Poirier Perrot Breton Huet Jean Cousin Schmitt Langlois Gilbert Weber
Collet Boucher Hubert Payet Dupuis Carre Guillaume Menard Sauvage Berger Leblanc Da_Silva Ferreira Pereira Dos_Santos
Rodrigues Lopes Goncalves Alves Gomes Ribeiro Pinto Marques Carvalho Teixeira Moreira Nunes Almeida Correia Cardoso
Gonzalez Gomez Ruiz Hernandez Jimenez Navarro Torres Ramos Gil Romero Molina Ortega Moreno Munoz Alonso Gutierrez
Castro Vega Serrano Delgado Castillo Santos Iglesias Marin Cano Prieto Calvo Campos Vargas Soler Ferrer Puig Vila Roca
Serra Mas Sala Costa Rossi Ferrari Bianchi Romano Colombo Ricci Marino Greco Conti Gallo Esposito Lombardi Moretti
Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile Nguyen Tran Pham Hoang Phan
Vo Dang Bui Do Ho Duong Ly Benali Haddad Belkacem Mansouri Saidi Bouzid Cherif Hamdi Khelifi Mebarki Slimani Toumi
Ziani Amrani Bennani Alaoui Tazi Berrada Fassi Idrissi Chraibi Lahlou Naciri Diallo Traore Coulibaly Camara Diarra
Keita Kone Toure Sylla Cisse Ndiaye Diop Fall Sow Ba Sarr Gueye Mendy Gomis Kouassi Yao Konate Bamba Ouattara Sissoko
Abadie Adoue Albouy Alibert Amiel Andrieu Ansel Arnaudin Assemat Astruc Audibert Auriol Azema Bardou Barrau Barthe
Bastide Batut Baurens Bayle Bedos Bergougnoux Bessiere Biau Bonnafous Bonnefous Bories Bosc Boudou Bousquet
Bras Brousse Bru Cadene Calmels Calvet Cambon Canal Capelle Carles Carriere Cassagne Castan Castel Castelnau Cathala
Caussade Cayla Cayrol Cazals Cazenave Chabaud Chauvet Clavel Combes Coste Couderc Courtiade Dardenne Daures Delbosc
Delpech Delrieu Dejean Descamps Doumenc Duprat Durieux Escande Espinasse Estrade Fabries Falgas Fauré Ferrie Foissac
Fraysse Galan Galtier Gasc Gayral Gleizes Gouzy Granier Guiraud Guitard Izard Jalabert Jammes Labat Laborde Lacaze
Lafargue Lafon Lagarde Lapeyre Laporte Larroque Lasserre Latour Lauret Layrac Loubet Loubiere Lugan Malet Marcou
Marquier Massip Maurel Maury Mazars Mazet Miquel Molinier Monge Montagne Montels Mouly Nadal Olive Oulie Pages Palanque
Panis Pech Pelissier Pelous Peyre Pezet Picou Pinel Plagnes Pons Portes Poujade Pradal Prat Puech Puyo Quercy Raynal
Raynaud Regis Ricard Rieu Rigal Ripoll Roques Rouanet Roubin Roumieu Rouzaud Sabatier Salles Salvan Sarda Saunier Savy
Segui Senac Sicard Sirven Soubies Soulier Soum Tailhan Tapie Terral Teulade Teyssier Tissier Toulza Trilles Vabre
Valette Vayssiere Verdier Vernhes Viala Vialard Vignes Viguier Vinas Ychard
"""
_STARTS = """
Bar Bel Ber Bla Bon Bou Bra Bru Cab Cal Can Car Cas Cha Che Clo Col Cor Cou Dal Dar Del Des Dom Dor Dou Dur Esc
Esp Fal Fer Fla Fon Fou Gal Gar Gas Gau Gil Gou Gra Gui Jac Jau Jou Lab Lag Lam Lan Lar Lau Lav Mal Man Mar Mas
Mau Maz Mer Mil Mol Mon Mor Nal Nou Oli Pal Pas Pay Pel Per Pey Pin Pom Por Pou Pra Pui Rab Ram Ras Ray Rib Rig
Roc Ros Rou Sab Sal San Sau Seg Ser Sol Sou Tal Tar Ter Tou Tre Val Var Ver Vid Vil Vin
"""
_ENDS = """
bade bas baud bert bes bol bou cade cal caud cel chet cier cot cou dal dan dard deau del det dier dié dol dou
gade gal gard gas gel ger gier gnac gnol got guet lac lan lat lec let lier lin lou mard mas met mier mont nac
nal nard nat nel net nier nol not pel pert pier pin rac ral rard rat rel ret riac rier rin rol rot sac sal sard
sel set sier sol sou tal tard tel tet tier tin tol tou vac val vel vet vier vin vol
"""
_HEAD_SHIFT, _STEEPNESS = 35.0, 0.82  # Zipf-Mandelbrot: the most used surname names 0.3% of the people


@cache
def given_names() -> Texts:
    """All given names, once each; a person's name is an index into this array."""
    names = dict.fromkeys(name for eras in _GIVEN.values() for text in eras.values() for name in text.split())
    return np.array(list(names), dtype=object)


@cache
def nicknames() -> Texts:
    """The short form of each name in `given_names`, or an empty text where there is none."""
    return np.array([_NICKNAMES.get(name, "") for name in given_names()], dtype=object)


def draw_given(rng: np.random.Generator, sex: Ints, year: Ints) -> Ints:
    """Draw a given name for each person, by sex and birth year; indices into `given_names`."""
    steps = _given_steps()
    years = np.clip(year, _FIRST_YEAR, _LAST_YEAR) - _FIRST_YEAR
    row = sex * (_LAST_YEAR - _FIRST_YEAR + 1) + years
    # Each row of `steps` rises from its row number to the next: one search serves all rows.
    found = np.searchsorted(steps, row + rng.random(len(row)), side="right")
    return np.asarray(found % len(given_names()), dtype=np.int64)


_FIRST_YEAR, _LAST_YEAR = 1915, 2012


@cache
def _given_steps() -> Floats:
    """Cumulative weights of `given_names` for each (sex, birth year), laid end to end."""
    position = {name: at for at, name in enumerate(given_names())}
    years = np.arange(_FIRST_YEAR, _LAST_YEAR + 1)
    weight = np.zeros((2, len(years), len(position)))
    for sex, eras in _GIVEN.items():
        for best, text in eras.items():
            use = np.exp(-0.5 * ((years - best) / _SPREAD) ** 2)
            for rank, name in enumerate(text.split()):
                weight[sex, :, position[name]] += use / (rank + 4.0)
    steps = weight.reshape(-1, len(position)).cumsum(axis=1)
    steps /= steps[:, -1:]
    return np.asarray((steps + np.arange(len(steps))[:, None]).ravel())


@cache
def surnames() -> Texts:
    """All surnames, the most used first; a family's name is an index into this array."""
    listed = [name.replace("_", " ") for name in _SURNAMES.split()]
    order = np.random.default_rng(
        20220424
    )  # a fixed shuffle of the built names: part of the pool, not of a draw
    built = [start + end for start in _STARTS.split() for end in _ENDS.split() if start[-1] != end[0]]
    built += [f"{particle} {name}" for particle in ("Le", "La", "De", "Du") for name in built[::7]]
    tail = [built[at] for at in order.permutation(len(built))]
    return np.array(list(dict.fromkeys(listed + tail)), dtype=object)


def draw_surname(rng: np.random.Generator, size: int) -> Ints:
    """Draw `size` surnames; indices into `surnames`."""
    found = np.searchsorted(_surname_steps(), rng.random(size), side="right")
    return np.asarray(found, dtype=np.int64)


@cache
def _surname_steps() -> Floats:
    ranks = np.arange(len(surnames()))
    steps = ((ranks + _HEAD_SHIFT) ** -_STEEPNESS).cumsum()
    return np.asarray(steps / steps[-1])


@lru_cache(maxsize=65_536)
def unaccented(text: str) -> str:
    """`text` without its accents, case kept."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


@lru_cache(maxsize=65_536)
def typed(text: str) -> str:
    """`text` as it is typed in an e-mail address: lower case, no accent, space or apostrophe."""
    return unaccented(text).lower().replace("'", "").replace(" ", "")
