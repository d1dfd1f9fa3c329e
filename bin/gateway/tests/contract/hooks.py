"""What schemathesis cannot make up: ids of things that exist, places, and versions that are present."""

import json
import os
import random
import zlib

import schemathesis
from schemathesis.core.parameters import ParameterLocation

with open(os.environ["SILKCART_CONTRACT_KNOWN"], encoding="utf-8") as file:
    KNOWN = json.load(file)

# Which kind of thing a path names, by the word before its variable segment.
PATHS = {
    "addresses": "addresses",
    "categories": "categories",
    "centers": "centers",
    "checkouts": "checkouts",
    "lines": "offerings",
    "listings": "offerings",
    "offerings": "offerings",
    "orders": "orders",
    "plants": "plants",
    "products": "offerings",
    "reports": "reports",
    "sessions": "sessions",
    "users": "users",
    "vendors": "slugs",
}
MEMBERS = {
    "cart_token": "carts",
    "category_id": "categories",
    "center_id": "centers",
    "offering_id": "offerings",
    "parent_id": "categories",
    "plant_id": "plants",
    "ship_to_address_id": "addresses",
    "subject_id": "offerings",
    "time_zone": "time_zones",
    "window": "windows",
}
QUERY = {"address": "places", "category": "category_slugs", "near": "places"}
# Of five requests, four name what exists.
USUAL = 0.8


@schemathesis.hook
def map_case(context, case):
    """Puts what exists in place of what was made up, where the request is meant to be valid."""
    chance = random.Random(zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode()))
    meta = case.meta

    def valid(location):
        return meta is None or not meta.is_negative_at(location)

    def fill(container, table):
        for name, value in container.items():
            if name in table and isinstance(value, str) and chance.random() < USUAL:
                container[name] = chance.choice(KNOWN[table[name]])

    if case.path_parameters and valid(ParameterLocation.PATH):
        words = case.operation.path.split("/")
        table = {
            word[1:-1]: PATHS[before] for before, word in zip(words, words[1:]) if word[:1] == "{" and before in PATHS
        }
        fill(case.path_parameters, table)
    if case.query and valid(ParameterLocation.QUERY):
        fill(case.query, QUERY)
    if isinstance(case.body, dict) and valid(ParameterLocation.BODY):
        fill(case.body, MEMBERS)
    if case.headers and valid(ParameterLocation.HEADER):
        for name, value in (("If-Match", "*"), ("X-Cart-Token", chance.choice(KNOWN["carts"]))):
            if name in case.headers and chance.random() < USUAL:
                case.headers[name] = value
    return case
