"""Geodesic distances on the WGS 84 ellipsoid, by geopy (geographiclib underneath).

Reads one JSON array [lat, lon, lat, lon] in degrees per line from standard input and prints the
distance in statute miles, one per line, in the same order.
"""

import json
import sys

from geopy.distance import geodesic

# All input is read before any output is written: neither side can block the other's pipe.
pairs = [json.loads(line) for line in sys.stdin]
for lat_a, lon_a, lat_b, lon_b in pairs:
    print(repr(geodesic((lat_a, lon_a), (lat_b, lon_b)).miles))
