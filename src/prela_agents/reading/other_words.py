"""Words of the rest of life, where names are names of people, places and things."""

from __future__ import annotations

__all__ = ["OTHER_WORDS"]

_PLACES_AND_TRAVEL = """
airport albergo beach bridge bus camping casa castle church coast council country dorf ferry
frantoio harbour hike hotel isla island lake landlord map mare mayor mountain museum neighbourhood
paese parking plage playa province pueblo rent resort restaurant river road rue ski stadt station
strand strasse sunset tourist town travel ulica valley villa village ville vino weather
"""
_PEOPLE = """
abuela aunt baby baka birthday born brother cat cousin dad daughter dentist died doctor dog dona
doña family friend grandfather grandmother her husband kid landlady married miss mother mr mrs ms
neighbour nonna nurse oma pet prof professor puppy sister son surname tante teacher uncle vet
wedding wife zia
"""
_SPORT_AND_GAMES = """
abandonware buff character chess club coach crit dungeon fans football game gamer games goal guild
healer keeper league midfielder mod nerfed playoffs quest raid regatta skin skyrim speedrun squad
striker tournament volleyball yacht
"""
_MUSIC_AND_BOOKS = """
album ambient bach ballet band bard bass cello chapter choir chopin composer concert debussy dj
drone encore etude festival fugue guitar movie novel orchestra organ piano poem prelude
rachmaninoff setlist singer song spoiler symphony techno tour vinyl violin
"""
_FOOD_AND_BODY = """
bakery beer bread breakfast breathing cake cheese chicken coffee cook cream dough flour glass
lipstick milk moisturiser oil olive pasta perfume pizza powder protein recipe retinol sauce
skincare soup taste tasted vanilla vegan vermentino wine yeast
"""
_MONEY_AND_OFFICES = """
airdrop bank bitcoin broker coin court crypto election estate exam gem homework insurance invested
judge lawyer lecture leverage loan mcap mortgage paralegal presale quiz realty rug solicitor stock
tax titration university voted wallet
"""
_THINGS = """
antenna aquarium bag battery bike boat book bracket brakes car charger cnc e-bike e-reader fabric
firmware font gearbox hoodie jacket keel lamp mast merch motor phone printer radio robot roof
satellite scooter serif shelf shoe smartwatch steamer sticker tent tiles toy tyre vacuum vpn
washing watch wool
"""
OTHER_WORDS = frozenset(
    (
        _PLACES_AND_TRAVEL
        + _PEOPLE
        + _SPORT_AND_GAMES
        + _MUSIC_AND_BOOKS
        + _FOOD_AND_BODY
        + _MONEY_AND_OFFICES
        + _THINGS
    ).split()
)
"""One of them beside a name says that the name may be somebody's, or something else's."""
