"""What schemathesis cannot make up, and what the document cannot say.

The first is ids of things that exist, places and present versions. The second is that parameters belong together, that
text is refused with control characters in it or with nothing to see in it, and that something well-formed may still
name nothing.
"""

import json
import os
import random
import zlib

import hypothesis
import schemathesis
from hypothesis import strategies
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import IgnoredAuth, RejectedPositiveData
from schemathesis.specs.openapi.auth_flow import detection

# Whoever has no token stays without one: left alone, schemathesis registers and logs in.
detection.detect_auth_flow = lambda schema: None

# Leaning towards what an operation accepts: where it accepts nothing, as from whoever has no token, that is an hour of
# drawing examples that are never sent.
hypothesis.target = lambda observation, *, label="": observation

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
    "notifications": "notifications",
    "orders": "orders",
    "plants": "plants",
    "products": "offerings",
    "reports": "reports",
    "sessions": "sessions",
    "unsubscribe": "unsubscribes",
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
}
# Of five requests, four name what exists.
USUAL = 0.8
# What is wrong with a field that is written as the document says.
BEYOND_FORM = {"not_allowed", "unknown"}

# What turns a text around is refused like a control character.
TURNS = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
# A text of nothing else is an empty one.
INVISIBLE = {0xAD, 0x115F, 0x1160, 0x3164, 0xFEFF, *range(0x200B, 0x2010), *range(0x2060, 0x2065)}


def is_unreadable(character):
    code = ord(character)
    return code < 0x20 or 0x7F <= code <= 0x9F or code in TURNS or code in INVISIBLE


def readable(value):
    """The value with a letter for every character that may be refused."""
    if isinstance(value, str):
        return "".join("x" if is_unreadable(character) else character for character in value)
    if isinstance(value, list):
        return [readable(item) for item in value]
    if isinstance(value, dict):
        return {name: readable(item) for name, item in value.items()}
    return value


def a_picture():
    """A PNG of one grey pixel."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = (1).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    pixels = zlib.compress(bytes([0, 128]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


# The document says which files are taken, and not what is in one.
schemathesis.openapi.media_type(
    "image/png", strategies.just(a_picture()), aliases=["image/jpeg", "image/webp", "image/gif"]
)


@schemathesis.hook
def map_case(context, case):
    """Makes what is meant to be valid so: puts what exists in place of what was made up."""
    chance = random.Random(zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode()))
    components = case.meta.components if case.meta else {}

    def valid(location):
        return location not in components or not components[location].mode.is_negative

    def fill(container, table):
        for name, value in container.items():
            if name in table and isinstance(value, str) and chance.random() < USUAL:
                container[name] = chance.choice(KNOWN[table[name]])

    # One step after the other names what the step before has made.
    follows = case.meta is not None and case.meta.phase.name == TestPhase.STATEFUL
    if case.path_parameters and valid(ParameterLocation.PATH) and not follows:
        words = case.operation.path.split("/")
        fill(
            case.path_parameters,
            {word[1:-1]: PATHS[before] for before, word in zip(words, words[1:]) if word[:1] == "{" and before in PATHS},
        )
    if case.query and valid(ParameterLocation.QUERY):
        case.query = readable(case.query)
        belong_together(case.query, chance)
    if isinstance(case.body, dict) and valid(ParameterLocation.BODY):
        case.body = readable(case.body)
        fill(case.body, MEMBERS)
        for window in case.body.get("windows") or []:
            in_order(window)
        if "window" in case.body:
            case.body["window"] = chance.choice(KNOWN["windows"])
    if case.headers and valid(ParameterLocation.HEADER):
        for name, value in (("If-Match", "*"), ("X-Cart-Token", chance.choice(KNOWN["carts"]))):
            if name in case.headers and chance.random() < USUAL:
                case.headers[name] = value
    return case


def in_order(window):
    if isinstance(window, dict) and {"opens", "closes"} <= set(window):
        window["opens"], window["closes"] = sorted((window["opens"], window["closes"]))
        if window["opens"] == window["closes"]:
            window["opens"], window["closes"] = "08:00", "17:00"


def belong_together(query, chance):
    for name in ("address", "near"):
        if name in query:
            query[name] = chance.choice(KNOWN["places"])
            query.pop("lat", None)
            query.pop("lon", None)
    if ("lat" in query) != ("lon" in query):
        query.pop("lat", None)
        query.pop("lon", None)
    if not {"address", "lat"} & set(query):
        query.pop("within_miles", None)
        if query.get("sort") == "nearest":
            query["sort"] = "cheapest"
    if "category" in query:
        query["category"] = chance.choice(KNOWN["category_slugs"])
    if "price_min" in query:
        query.pop("price_max", None)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Whether the document could have said that this would be refused, or was right to say so."""
    if isinstance(failure, IgnoredAuth):
        # To whoever cannot show its token a guest's order does not exist.
        is_an_orders = {"orders", "checkouts"} & set(case.operation.path.split("/"))
        return not (is_an_orders and "got `404 Not Found`" in failure.message)
    if isinstance(failure, AcceptedNegativeData):
        # HTTP takes the blanks around a value away before anybody sees it, which may be all that was wrong.
        wrong = {where for where, part in case.meta.components.items() if part.mode.is_negative}
        blanks = any(isinstance(value, str) and value != value.strip() for value in (case.headers or {}).values())
        return not (blanks and wrong == {ParameterLocation.HEADER})
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    if problem["code"] not in ("invalid_input", "invalid_parameter"):
        return False
    return not {error["code"] for error in problem["errors"]} <= BEYOND_FORM
