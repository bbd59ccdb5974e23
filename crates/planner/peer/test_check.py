"""Tests of the judge: one good plan that uses every field marked 2, and every rule broken on its own.

Run in this folder: python3 -m unittest
"""
import copy
import json
import os
import subprocess
import sys
import tempfile
import unittest

from check import check

GIFT, SPARES, LENT, BOUGHT, JEEPS, SHELLS, STRIP = range(7)  # the flows


def good():
    """An instance and a plan that is right, and at every limit it can be at."""
    instance = {
        "format": "assistance-plan/2", "name": "all of it", "periods": 8, "cost_weight": 0.5,
        "resources": [
            {"id": "broken", "unit_mass_t": 10, "hazard": None, "unit_volume_m3": 30},
            {"id": "truck", "unit_mass_t": 10, "hazard": None, "unit_volume_m3": 30},
            {"id": "jeep", "unit_mass_t": 5, "hazard": None, "unit_volume_m3": 15},
            {"id": "vest", "unit_mass_t": 0.5, "hazard": None, "unit_volume_m3": 1},
            {"id": "spare", "unit_mass_t": 1, "hazard": None, "unit_volume_m3": 2},
            {"id": "kit", "unit_mass_t": 2, "hazard": None, "unit_volume_m3": 4},
            {"id": "shell", "unit_mass_t": 0.5, "hazard": "explosive", "unit_volume_m3": 1}],
        "places": [
            {"id": "D", "kind": "depot", "x_km": -5, "y_km": 0, "handling_t": [24, 20, 8, 6, 0, 0, 0, 0], "storage_t": [20, 0, 6, 0, 0, 0, 0, 0],
             "storage_m3": [60, 0, 12, 0, 0, 0, 0, 0]},
            {"id": "H", "kind": "hub", "x_km": 0, "y_km": 0, "handling_t": 20, "storage_t": 20, "handling_in_t": [0, 24, 0, 0, 0, 0, 0, 0], "storage_m3": 60},
            {"id": "F", "kind": "front", "x_km": 9, "y_km": 0, "handling_t": None, "storage_t": None, "handling_in_t": 28, "storage_m3": None}],
        "lanes": [
            {"id": "road", "from": "D", "to": "H", "mode": "road", "transit": 1, "capacity_t": [24, 0, 0, 0, 0, 0, 0, 0], "cost_per_t": 1, "forbids": [],
             "capacity_m3": [68, 0, 0, 0, 0, 0, 0, 0], "departs": [0, 2], "trip_t": 20, "trip_m3": 60, "trip_cost": 4, "trips": [2, 0, 0, 0, 0, 0, 0, 0],
             "least_t": 24, "fund": "ops"},
            {"id": "rail", "from": "H", "to": "F", "mode": "rail", "transit": 1, "capacity_t": 20, "cost_per_t": 2, "forbids": ["nuclear"], "capacity_m3": 60,
             "departs": [4, 6]},
            {"id": "track", "from": "D", "to": "F", "mode": "road", "transit": 3, "capacity_t": 20, "cost_per_t": 3, "forbids": ["explosive"]},
            {"id": "air", "from": "D", "to": "F", "mode": "air", "transit": 0, "capacity_t": 6, "cost_per_t": 2, "forbids": [], "trip_m3": 10, "trip_cost": 6,
             "trips": 2, "fund": "air"}],
        "processes": [
            {"id": "repair", "kind": "repair", "place": "H", "input": "broken", "output": "truck", "duration": 2, "capacity": [0, 2, 0, 0, 0, 0, 0, 0],
             "cost": 10, "needs": [{"resource": "spare", "quantity": 2}], "purpose": "support", "fund": "ops",
             "holds": [{"pool": "bays", "quantity": 1, "periods": None}, {"pool": "tools", "quantity": 1, "periods": 3}]},
            {"id": "strip", "kind": "transshipment", "place": "D", "input": "jeep", "output": "spare", "duration": 0, "capacity": 1, "cost": 1}],
        "offers": [
            {"id": "gift", "donor": "a", "resource": "broken", "quantity": 4, "place": "D", "from": 0, "only_for": None, "lot": 2,
             "prefers": [{"purpose": "defence", "bonus": 90}, {"purpose": "front", "bonus": 3}]},
            {"id": "spares", "donor": "a", "resource": "spare", "quantity": 10, "place": "D", "from": 0, "only_for": ["support"],
             "prefers": [{"purpose": "support", "bonus": 90}]},  # a need is no want: no bonus
            {"id": "lent", "donor": "b", "resource": "kit", "quantity": 3, "place": "H", "from": 0, "only_for": ["support"], "until": 4},
            {"id": "bought", "donor": "c", "resource": "vest", "quantity": 40, "place": "D", "from": 1, "only_for": None,
             "prefers": [{"purpose": "front", "bonus": 90}],  # a package counts by sets: no bonus
             "purchase": {"cost": 2, "lead": 1, "per_period": [0, 16, 0, 0, 0, 0, 0, 0], "fund": "buy"}},
            {"id": "jeeps", "donor": "a", "resource": "jeep", "quantity": 8, "place": "D", "from": 0, "only_for": ["front"]},
            {"id": "shells", "donor": "b", "resource": "shell", "quantity": 30, "place": "D", "from": 2, "only_for": None,
             "prefers": [{"purpose": "defence", "bonus": 0.5}]}],
        "requirements": [
            {"id": "trucks", "place": "F", "purpose": "front", "accepts": [{"resource": "truck", "utility": 1}, {"resource": "jeep", "utility": 0.5}],
             "quantity": 6, "priority": 100, "due": 4, "expires": 8},
            {"id": "fire", "place": "F", "purpose": "defence", "accepts": [{"resource": "shell", "utility": 0.5}], "quantity": 12, "priority": 10, "due": 3,
             "expires": 3},
            {"id": "hold", "place": "D", "purpose": "front", "accepts": [{"resource": "spare", "utility": 1}], "quantity": 1, "priority": 7, "due": 0,
             "expires": 1}],
        "packages": [
            {"id": "squad", "place": "F", "purpose": "front", "components": [{"resource": "vest", "quantity": 4}, {"resource": "jeep", "quantity": 1}],
             "count": 4, "priority": 50, "due": 6, "expires": 7}],
        "pools": [
            {"id": "bays", "place": "H", "quantity": [0, 2, 2, 0, 0, 0, 0, 0], "accepts": None, "purpose": None},
            {"id": "tools", "place": "H", "quantity": 0, "accepts": "kit", "purpose": "support"}],
        "funds": [
            {"id": "ops", "budget": [40, 12, 0, 0, 0, 0, 0, 0]}, {"id": "buy", "budget": 32}, {"id": "air", "budget": [0, 0, 0, 24, 0, 0, 0, 0]}],
        "floors": [
            {"id": "defence", "places": ["F"], "purposes": ["defence"], "value": 100, "penalty": 0.3},
            {"id": "all", "places": None, "purposes": None, "value": 417, "penalty": 1000},
            {"id": "front", "places": None, "purposes": ["front"], "value": 357, "penalty": 1000},
            {"id": "at F", "places": ["F"], "purposes": None, "value": 410, "penalty": 1000}],
        "fleets": [
            {"id": "brigade", "places": ["F"], "resources": ["truck", "jeep", "broken"], "penalty": 9},
            {"id": "depot", "places": ["D"], "resources": ["truck", "jeep", "spare"], "penalty": 1000}],
        "reserves": [
            {"id": "vehicles", "resources": ["jeep", "broken"], "places": ["D"], "quantity": 6, "penalty": 2.5},
            {"id": "kits", "resources": ["kit"], "places": None, "quantity": 5, "penalty": 1},
            {"id": "elsewhere", "resources": ["jeep"], "places": ["H"], "quantity": 5, "penalty": 1000}],
    }
    plan = {
        "format": "assistance-plan-result/2", "name": "all of it", "objective": 287.0, "bound": 287.0,
        "flows": [
            {"offer": "gift", "quantity": 2, "path": [{"lane": "road", "depart": 0}, {"process": "repair", "start": 1}, {"lane": "rail", "depart": 4}],
             "arrive": 5, "requirement": "trucks"},
            {"offer": "spares", "quantity": 4, "path": [{"lane": "road", "depart": 0}], "arrive": 1, "process": "repair", "input": 0},
            {"offer": "lent", "quantity": 2, "path": [], "arrive": 1, "pool": "tools"},
            {"offer": "bought", "quantity": 16, "path": [{"order": 1}, {"lane": "track", "depart": 2}], "arrive": 5, "package": "squad", "component": 0},
            {"offer": "jeeps", "quantity": 4, "path": [{"lane": "track", "depart": 1}], "arrive": 4, "package": "squad", "component": 1},
            {"offer": "shells", "quantity": 12, "path": [{"lane": "air", "depart": 3}], "arrive": 3, "requirement": "fire"},
            {"offer": "jeeps", "quantity": 1, "path": [{"process": "strip", "start": 0}], "arrive": 0, "requirement": "hold"}],
        "packages": [{"package": "squad", "period": 5, "count": 4}],
    }
    return instance, plan


# Value: trucks 2 × 100 × 1 × (1 − (5 − 4)/(8 − 4)) = 150, fire 12 × 10 × 0.5 = 60, hold 1 × 7 = 7, squad 4 × 50 = 200.
VALUE = 150 + 60 + 7 + 200
# Cost: road in 0: 1 × (2 × 10 + 4 × 1) t = 24, 2 trips (24 t by 20, 68 m³ by 60) × 4 = 8; rail 2 × 20 t = 40; track 3 × (20 + 8) t = 84;
# air 2 × 6 t = 12, 2 trips (12 m³ by 10) × 6 = 12; repair 2 × 10 = 20; strip 1; purchase 16 × 2 = 32. Funds: ops 32 in 0 and 20 in 1, buy 32, air 24.
COST = 24 + 8 + 40 + 84 + 12 + 12 + 20 + 1 + 32
# Bonus: gift 2 × 3, shells 12 × 0.5. Floor: 0.3 × (100 − 60) = 12; the others are just met. Fleet: at F trucks and jeeps, 9 × (2 − 1); at D only spares.
# Reserves: of 8 jeeps and 4 broken at D 5 and 2 are used, 5 are left of 6: 2.5 × 1; of 3 kits 2 are used, all 3 are to be left: 1 × 2; no jeep is at H.
OBJECTIVE = VALUE - 0.5 * COST + (6 + 6) - 12 - 9 - 2.5 - 2


def one(instance, kind, key):
    """The one of that kind and id in an instance."""
    return next(x for x in instance[kind] if x["id"] == key)


def put(kind, key, **fields):
    """A change of an instance's fields."""
    return lambda i, p: one(i, kind, key).update(fields)


def flow(n, **fields):
    """A change of a flow's fields."""
    return lambda i, p: p["flows"][n].update(fields)


def leg(n, m, **fields):
    """A change of a leg's fields."""
    return lambda i, p: p["flows"][n]["path"][m].update(fields)


def line(**fields):
    """A change of the package line's fields."""
    return lambda i, p: p["packages"][0].update(fields)


def both(*changes):
    """Changes one after the other."""
    return lambda i, p: [change(i, p) for change in changes] and None


def drop(n, *fields):
    """A change that takes fields out of a flow."""
    return lambda i, p: [p["flows"][n].pop(f) for f in fields] and None


def add(**fields):
    """A change that adds a flow."""
    return lambda i, p: p["flows"].append(fields)


def more_spares(index):
    """A change that sends one more spare, for some input of the repair."""
    return add(offer="spares", quantity=1, path=[{"lane": "road", "depart": 2}], arrive=3, process="repair", input=index)


def loose(i, p):
    """Takes off limits and dates that a changed way would break too."""
    for place in i["places"]:
        place.update(handling_t=None, storage_t=None, handling_in_t=None, storage_m3=None)
    for lane in i["lanes"]:
        lane.update(capacity_t=1e9, capacity_m3=None, trips=None, least_t=0)
    for fund in i["funds"]:
        fund["budget"] = 1e9


def alone(i, p):
    """Takes off what a flow that is not counted would break too."""
    loose(i, p)
    p["packages"].clear()
    one(i, "processes", "repair")["needs"][0]["quantity"] = 1e-9


def series(at, number, other=0):
    """A list of eight with one number in its place."""
    return [number if t == at else other for t in range(8)]


LESS, EVEN_LESS = 1 / (1 + 0.9e-6), 1 / (1 + 1.1e-6)  # a limit so much smaller is still held, is broken
KITS = {"id": "kits", "place": "H", "purpose": "support", "accepts": [{"resource": "kit", "utility": 1}], "quantity": 9, "priority": 1, "due": 9, "expires": 9}
KIT_SETS = {"id": "kits", "place": "H", "purpose": "support", "components": [{"resource": "kit", "quantity": 1}], "count": 9, "priority": 1, "due": 9,
            "expires": 9}

BROKEN = [
    # Rule 1: paths
    ("offer unknown", flow(STRIP, offer="nobody's"), "no such offer"),
    ("depart before from", both(loose, leg(SHELLS, 0, depart=1)), "no period from 2 on"),
    ("lane from another place", both(loose, put("lanes", "air", **{"from": "H"})), "no lane from D"),
    ("lane unknown", both(loose, leg(SHELLS, 0, lane="sea")), "no lane from D"),
    ("process at another place", both(loose, put("processes", "strip", place="F")), "no process at D"),
    ("process unknown", leg(STRIP, 0, process="magic"), "no process at D"),
    ("leg before the one before ended", both(alone, put("lanes", "road", transit=2), flow(SPARES, arrive=2)), "no period from 2 on"),
    ("process leg takes its duration", both(loose, put("processes", "repair", duration=4, holds=[])), "no period from 5 on"),
    ("lane ends after the horizon", both(alone, put("lanes", "track", transit=6), flow(JEEPS, arrive=7)), "ends after the last period"),
    ("process ends after the horizon", put("processes", "strip", duration=8), "ends after the last period"),
    ("order ends after the horizon", both(alone, lambda i, p: one(i, "offers", "bought")["purchase"].update(lead=7)), "ends after the last period"),
    ("lane not in its timetable", put("lanes", "rail", departs=[3, 5]), "lane rail does not depart in 4"),
    ("lane never departs", put("lanes", "rail", departs=[]), "lane rail does not depart in 4"),
    ("purchase without order", both(alone, flow(BOUGHT, path=[{"lane": "track", "depart": 2}])), "first leg is no order"),
    ("purchase with an empty path", both(alone, flow(BOUGHT, path=[])), "first leg is no order"),
    ("order of what is no purchase", both(loose, flow(STRIP, path=[{"order": 0}, {"process": "strip", "start": 0}])), "not the first leg of a purchase"),
    ("order of what is a purchase left out", both(alone, lambda i, p: one(i, "offers", "bought").pop("purchase") and None), "not the first leg of a purchase"),
    ("order not first", both(alone, flow(BOUGHT, path=[{"order": 1}, {"order": 2}])), "not the first leg of a purchase"),
    ("order before from", both(alone, leg(BOUGHT, 0, order=0)), "no period from 1 on"),
    ("lead not waited for", both(alone, lambda i, p: one(i, "offers", "bought")["purchase"].update(lead=2)), "no period from 3 on"),
    ("goods wait in from … depart", put("offers", "shells", **{"from": 1}), "waiting at D in 1"),
    ("arrive before the path's end", flow(SHELLS, arrive=2), "before the path's end 3"),
    ("arrive past the horizon", flow(SHELLS, arrive=8), "past the horizon"),
    ("leg of two kinds", leg(STRIP, 0, lane="air", depart=3), "not one of"),
    ("flow that is none", lambda i, p: p["flows"].append([]), "flow 7: [] is no flow"),
    ("flows that are no list", lambda i, p: p.update(flows=None, packages=[]), "flows None is not a list"),
    ("path that is no list", flow(STRIP, path="D"), "path 'D' is not a list"),
    ("leg that is none", flow(STRIP, path=[7]), "not one of"),
    ("period 3.0", leg(SHELLS, 0, depart=3.0), "no period from 2 on"),
    ("period true", flow(STRIP, arrive=False), "arrive False is before"),
    ("period far off", both(loose, leg(SHELLS, 0, depart=10**30)), "ends after the last period"),
    ("leg of no kind", flow(STRIP, path=[{"walk": 0}]), "not one of"),
    # Rule 2: kind
    ("hazard", put("lanes", "air", forbids=["x", "explosive"]), "lane air forbids explosive"),
    ("process input", put("processes", "strip", input="kit"), "no process at D for jeep"),
    ("process output not accepted", put("processes", "strip", output="kit"), "requirement hold does not accept kit"),
    ("requirement does not accept", put("requirements", "fire", accepts=[{"resource": "kit", "utility": 1}]), "requirement fire does not accept shell"),
    ("component of another resource", both(lambda i, p: one(i, "packages", "squad")["components"][1].update(resource="kit"),
     lambda i, p: p["packages"].clear()), "component 1 of package squad does not accept jeep"),
    ("need of another resource", both(loose, add(offer="shells", quantity=1, path=[], arrive=2, process="repair", input=0),
     put("processes", "repair", place="D"), lambda i, p: p["flows"].__delitem__(slice(GIFT, SPARES + 1))), "input 0 of process repair does not accept shell"),
    ("pool of another resource", both(put("pools", "tools", accepts="truck", quantity=2)), "pool tools does not accept kit"),
    ("pool that accepts nothing", both(put("pools", "tools", accepts=None, quantity=2)), "pool tools does not accept kit"),
    ("ends elsewhere: requirement", put("requirements", "fire", place="H"), "ends at F, requirement fire is at H"),
    ("ends elsewhere: package", put("packages", "squad", place="H"), "ends at F, package squad is at H"),
    ("ends elsewhere: process", both(loose, flow(SPARES, path=[])), "ends at D, process repair is at H"),
    ("ends elsewhere: pool", put("pools", "tools", place="F"), "ends at H, pool tools is at F"),
    ("unit heavier than a trip", both(alone, put("lanes", "road", trip_t=9.9)), "one broken is more than a trip"),
    ("unit larger than a trip", put("lanes", "air", trip_m3=0.9), "one shell is more than a trip"),
    ("requirement unknown", flow(SHELLS, requirement="x"), "no such requirement"),
    ("package unknown", both(flow(JEEPS, package="x"), lambda i, p: p["packages"].clear()), "no such package"),
    ("process to serve unknown", both(put("processes", "repair", needs=[]), flow(SPARES, process="x")), "no such process"),
    ("pool unknown", both(put("pools", "tools", quantity=2), flow(LENT, pool="x")), "no such pool"),
    ("component negative", both(lambda i, p: p["packages"].clear(), flow(JEEPS, component=-1)), "has no component -1"),
    ("component too high", both(lambda i, p: p["packages"].clear(), flow(JEEPS, component=2)), "has no component 2"),
    ("component missing", both(lambda i, p: p["packages"].clear(), drop(JEEPS, "component")), "has no component None"),
    ("input too high", both(loose, more_spares(1)), "has no input 1"),
    ("input negative", both(loose, more_spares(-1)), "has no input -1"),
    ("input of a process without needs", put("processes", "repair", needs=[]), "has no input 0"),
    ("serves nothing", drop(SHELLS, "requirement"), "serves nothing"),
    ("serves two things", flow(SHELLS, pool="tools"), "must serve one thing"),
    # Rule 3: caveats
    ("caveat: requirement", put("offers", "shells", only_for=["front"]), "caveat: only for ['front'], requirement fire is for defence"),
    ("caveat: package", put("packages", "squad", purpose="defence"), "caveat: only for ['front'], package squad is for defence"),
    ("caveat: nothing allowed", put("offers", "shells", only_for=[]), "caveat"),
    ("caveat: process", put("processes", "repair", purpose="x"), "caveat: only for ['support'], process repair is for x"),
    ("caveat: process without purpose", put("processes", "repair", purpose=None), "caveat: only for ['support'], process repair is for None"),
    ("caveat: process with purpose left out", lambda i, p: one(i, "processes", "repair").pop("purpose"), "process repair is for None"),
    ("caveat: pool", put("pools", "tools", purpose="x"), "caveat: only for ['support'], pool tools is for x"),
    ("caveat: pool without purpose", put("pools", "tools", purpose=None), "caveat: only for ['support'], pool tools is for None"),
    ("lent to a requirement", both(lambda i, p: i["requirements"].append(KITS), add(offer="lent", quantity=1, path=[], arrive=0, requirement="kits")),
     "is lent, requirement kits is no pool"),
    ("lent to a package", both(lambda i, p: i["packages"].append(KIT_SETS), add(offer="lent", quantity=1, path=[], arrive=0, package="kits", component=0)),
     "is lent, package kits is no pool"),
    ("lent to a process", put("offers", "spares", until=7), "is lent, process repair is no pool"),
    ("lent, arrives too late", both(put("pools", "tools", quantity=2), put("offers", "lent", until=1)), "is lent until 1, arrives in 1"),
    ("lot", put("offers", "shells", lot=5), "quantity 12 is not a multiple of the lot 5"),
    ("all or nothing", put("offers", "shells", lot=30), "quantity 12 is not a multiple of the lot 30"),
    # Rule 4: limits
    ("lane capacity_t, number", put("lanes", "air", capacity_t=5.9), "tonnes on lane air in 3: 6.000000 over 5.9"),
    ("lane capacity_t, series", put("lanes", "road", capacity_t=series(0, 23.9, 99)), "tonnes on lane road in 0"),
    ("lane capacity_m3, number", put("lanes", "rail", capacity_m3=59), "cubic metres on lane rail in 4"),
    ("lane capacity_m3, series", put("lanes", "road", capacity_m3=series(0, 67, 99)), "cubic metres on lane road in 0"),
    ("trips, number", put("lanes", "air", trips=1), "trips of lane air in 3"),
    ("trips, series", put("lanes", "road", trips=series(0, 1, 9)), "trips of lane road in 0"),
    ("trips by tonnes alone", put("lanes", "road", trip_m3=None, trip_t=11, trip_cost=0), "trips of lane road in 0: 3.000000 over 2"),
    ("trips by cubic metres alone", put("lanes", "road", trip_t=None, trip_m3=33, trip_cost=0), "trips of lane road in 0: 3.000000 over 2"),
    ("trips by the larger of both", put("lanes", "road", trip_t=999, trip_m3=33, trip_cost=0), "trips of lane road in 0: 3.000000 over 2"),
    ("trips, not whole", put("lanes", "air", trips=1.9), "trips of lane air in 3: 2.000000 over 1.9"),
    ("least_t", put("lanes", "rail", least_t=20.1), "tonnes on lane rail, departing in 4: 20.000000 under the least 20.1"),
    ("least_t of what has no mass", both(put("resources", "shell", unit_mass_t=0), put("lanes", "air", least_t=0.1)), "under the least 0.1"),
    ("handling_t, number", put("places", "H", handling_t=19), "tonnes departing H in 4"),
    ("handling_t, series", put("places", "D", handling_t=series(1, 19, 99)), "tonnes departing D in 1"),
    ("handling_in_t, number", put("places", "F", handling_in_t=27), "tonnes arriving at F in 5"),
    ("handling_in_t, series", put("places", "H", handling_in_t=series(1, 23, 99)), "tonnes arriving at H in 1"),
    ("handling_in_t at transit 0", put("places", "F", handling_in_t=series(3, 5, 99)), "tonnes arriving at F in 3"),
    ("storage_t, number", put("places", "H", storage_t=19), "tonnes waiting at H in 3"),
    ("storage_t, series", put("places", "D", storage_t=series(2, 5, 99)), "tonnes waiting at D in 2"),
    ("storage_m3, number", put("places", "H", storage_m3=59), "cubic metres waiting at H in 3"),
    ("storage_m3, series", put("places", "D", storage_m3=series(0, 59, 99)), "cubic metres waiting at D in 0"),
    ("storage before a process", both(put("places", "D", storage_t=series(0, 24, 99), storage_m3=None), leg(STRIP, 0, start=1), flow(STRIP, arrive=1)),
     "tonnes waiting at D in 0: 25.000000 over 24"),
    ("storage of what a process made", both(put("places", "D", storage_t=series(0, 20.5, 99), storage_m3=None), flow(STRIP, arrive=1)),
     "tonnes waiting at D in 0: 21.000000 over 20.5"),
    ("storage at the destination", both(put("places", "F", storage_t=5), flow(SHELLS, arrive=4)), "tonnes waiting at F in 3: 6.000000 over 5"),
    ("process capacity, number", put("processes", "strip", capacity=0), "units starting process strip in 0"),
    ("process capacity, series", put("processes", "repair", capacity=series(1, 1, 9)), "units starting process repair in 1"),
    ("per_period, series", lambda i, p: one(i, "offers", "bought")["purchase"].update(per_period=series(1, 15, 99)), "units ordered of bought in 1"),
    ("per_period, number", lambda i, p: one(i, "offers", "bought")["purchase"].update(per_period=15), "units ordered of bought in 1"),
    # Rule 5: quantities
    ("offer exceeded", put("offers", "jeeps", quantity=4), "units of offer jeeps: 5.000000 over 4"),
    ("requirement exceeded", put("requirements", "fire", quantity=11), "units for requirement fire: 12.000000 over 11"),
    ("quantity 0", flow(STRIP, quantity=0), "not a positive whole number"),
    ("quantity negative", flow(STRIP, quantity=-1), "not a positive whole number"),
    ("quantity true", flow(STRIP, quantity=True), "not a positive whole number"),
    ("quantity 1.0", flow(STRIP, quantity=1.0), "not a positive whole number"),
    # Rule 6: sets
    ("sets before their components", line(period=4), "package squad: by period 4 component 0 needs 16, has 0"),
    ("sets in period 0", line(period=0), "package squad: by period 0 component"),
    ("component short", lambda i, p: one(i, "packages", "squad")["components"][1].update(quantity=2), "component 1 needs 8, has 4"),
    ("sets beyond count", put("packages", "squad", count=3), "package squad: 4 completed, 3 wanted"),
    ("sets of two lines together", lambda i, p: p["packages"].append({"package": "squad", "period": 6, "count": 1}), "package squad: "),
    ("line of an unknown package", lambda i, p: p["packages"].append({"package": "x", "period": 6, "count": 1}), "no such package 'x'"),
    ("line before the horizon", line(period=-1), "period -1 is outside the horizon"),
    ("line after the horizon", line(period=8), "period 8 is outside the horizon"),
    ("line that is none", lambda i, p: p["packages"].append(None), "no such package"),
    ("lines that are no list", lambda i, p: (i["floors"].clear(), p.update(packages={})) and None, "packages {} is not a list"),
    ("line's count 0", line(count=0), "count 0 is not"),
    ("line's count true", line(count=True), "count True is not"),
    ("line's count 4.0", line(count=4.0), "count 4.0 is not"),
    # Rule 7: needs
    ("need short", lambda i, p: one(i, "processes", "repair")["needs"][0].update(quantity=2.1), "need 0 of process repair"),
    ("need late", flow(SPARES, arrive=2), "need 0 of process repair in 1: 4.000000 over 0"),
    ("need not delivered", lambda i, p: one(i, "processes", "repair")["needs"].append({"resource": "vest", "quantity": 0.5}), "need 1 of process repair"),
    # Rule 8: pools
    ("pool short", put("pools", "bays", quantity=series(1, 1, 9)), "held of pool bays in 1: 2.000000 over 1"),
    ("pool short later", put("pools", "bays", quantity=series(2, 1, 9)), "held of pool bays in 2: 2.000000 over 1"),
    ("hold's quantity", lambda i, p: one(i, "processes", "repair")["holds"][1].update(quantity=1.5), "held of pool tools"),
    ("hold's periods beyond the loan", lambda i, p: one(i, "processes", "repair")["holds"][1].update(periods=4), "held of pool tools in 4: 2.000000 over 0"),
    ("hold without end", lambda i, p: one(i, "processes", "repair")["holds"][0].update(periods=2**62), "held of pool bays in"),
    ("hold of duration 0 is for 1 period", both(put("pools", "bays", quantity=series(0, 0, 2)),
     put("processes", "strip", holds=[{"pool": "bays", "quantity": 1, "periods": None}])), "held of pool bays in 0: 1.000000 over 0"),
    ("pool held from another place", put("processes", "strip", holds=[{"pool": "tools", "quantity": 1, "periods": 1}]), "held of pool tools in 0"),
    ("pool shared by two processes", both(put("pools", "bays", quantity=2), put("processes", "strip", holds=[{"pool": "bays", "quantity": 1, "periods": 2}])),
     "held of pool bays in 1: 3.000000 over 2"),
    ("pool twice in holds", lambda i, p: one(i, "processes", "repair")["holds"].append({"pool": "bays", "quantity": 0.5, "periods": 1}),
     "held of pool bays in 1: 3.000000 over 2"),
    ("delivered to the pool too late", flow(LENT, arrive=2), "held of pool tools in 1"),
    ("called back while held", put("offers", "lent", until=3), "held of pool tools in 3"),
    # Rule 9: funds
    ("fund, series", put("funds", "ops", budget=series(0, 51, 0)), "paid by fund ops in"),
    ("fund, not yet there", put("funds", "ops", budget=[31, 99, 0, 0, 0, 0, 0, 0]), "paid by fund ops in 0: 32.000000 over 31"),
    ("fund, later period", put("funds", "ops", budget=[40, 11, 99, 0, 0, 0, 0, 0]), "paid by fund ops in 1: 52.000000 over 51"),
    ("fund, number", put("funds", "buy", budget=31), "paid by fund buy in"),
    ("fund pays trips at departure", put("lanes", "air", trip_cost=6.1), "paid by fund air in"),
    ("fund pays tonnes", put("lanes", "air", cost_per_t=2.1), "paid by fund air in"),
    ("fund pays processes at start", put("processes", "repair", cost=10.1), "paid by fund ops in"),
    ("fund pays orders when ordered", put("funds", "buy", budget=[0, 31, 99, 0, 0, 0, 0, 0]), "paid by fund buy in 1: 32.000000 over 31"),
    ("fund pays one more lane", put("lanes", "rail", fund="buy"), "paid by fund buy in"),
    ("fund pays one more process", put("processes", "strip", fund="buy"), "paid by fund buy in"),
]

LIMITS = [  # name, change to the share f of the limit, expected: f = LESS is held, f = EVEN_LESS is broken
    ("capacity_t", lambda f: put("lanes", "air", capacity_t=6 * f), "tonnes on lane air"),
    ("capacity_m3", lambda f: put("lanes", "rail", capacity_m3=60 * f), "cubic metres on lane rail"),
    ("trips", lambda f: put("lanes", "air", trips=2 * f), "trips of lane air"),
    ("trip_t, one unit", lambda f: both(alone, put("lanes", "road", trip_t=10 * f)), "one broken is more than a trip"),
    ("least_t", lambda f: put("lanes", "rail", least_t=20 / f), "under the least"),
    ("handling_t", lambda f: put("places", "H", handling_t=20 * f), "tonnes departing H"),
    ("handling_in_t", lambda f: put("places", "F", handling_in_t=28 * f), "tonnes arriving at F"),
    ("storage_t", lambda f: put("places", "H", storage_t=20 * f), "tonnes waiting at H"),
    ("storage_m3", lambda f: put("places", "H", storage_m3=60 * f), "cubic metres waiting at H"),
    ("per_period", lambda f: lambda i, p: one(i, "offers", "bought")["purchase"].update(per_period=16 * f), "units ordered"),
    ("process capacity", lambda f: put("processes", "strip", capacity=f), "units starting"),
    ("requirement", lambda f: put("requirements", "fire", quantity=12 * f), "units for requirement"),
    ("need", lambda f: lambda i, p: one(i, "processes", "repair")["needs"][0].update(quantity=2 / f), "need 0"),
    ("pool", lambda f: put("pools", "bays", quantity=2 * f), "held of pool"),
    ("fund", lambda f: put("funds", "buy", budget=32 * f), "paid by fund"),
]


def left_out(kind, key, *fields):
    """A change that takes fields out of an instance."""
    return lambda i, p: [one(i, kind, key).pop(f) for f in fields] and None


def easy(i, p):
    """Takes off the floors that are just met."""
    del i["floors"][1:]


ALLOWED = [  # name, change, objective after it
    ("arrive later than the path's end", both(easy, flow(SHELLS, arrive=4)), OBJECTIVE - 60 - 6 - 0.3 * 60),
    ("a limit of 0 within the tolerance", both(put("resources", "shell", unit_mass_t=0.9e-6 / 12), put("lanes", "air", capacity_t=0)), OBJECTIVE + 6 - 0.9e-6),
    ("trips within the tolerance", put("lanes", "air", trip_m3=6 * LESS), OBJECTIVE),
    ("trips that take less than 1", both(loose, put("resources", "shell", unit_volume_m3=0.25), put("lanes", "air", trip_m3=0.5)), OBJECTIVE - 12),  # 6 trips
    ("trips of what has no volume", put("resources", "shell", unit_volume_m3=0), OBJECTIVE + 6),
    ("volume left out is 0", left_out("resources", "shell", "unit_volume_m3"), OBJECTIVE + 6),
    ("trip_cost left out is 0", left_out("lanes", "air", "trip_cost"), OBJECTIVE + 6),
    ("trip_cost of a lane without trips", put("lanes", "rail", trip_cost=1000, trips=0), OBJECTIVE),
    ("trips left out is no limit", both(left_out("lanes", "road", "trips"), put("lanes", "road", trip_t=10, fund=None)), OBJECTIVE - 2),
    ("limits left out", both(left_out("places", "D", "storage_m3"), left_out("places", "H", "handling_in_t", "storage_m3"),
     left_out("lanes", "road", "capacity_m3", "departs", "least_t", "fund")), OBJECTIVE),
    ("needs, holds, fund left out", both(left_out("processes", "repair", "holds", "fund")), OBJECTIVE),
    ("needs left out", both(loose, left_out("processes", "repair", "needs"), lambda i, p: p["flows"].pop(SPARES) and None), OBJECTIVE + 2 + 2),
    ("lot, prefers left out", left_out("offers", "gift", "lot", "prefers"), OBJECTIVE - 6),
    ("until left out", left_out("offers", "lent", "until"), OBJECTIVE),
    ("lent until later", both(put("offers", "lent", until=99), lambda i, p: one(i, "processes", "repair")["holds"][1].update(periods=7)), OBJECTIVE),
    ("lent, arrives just before", both(put("pools", "tools", quantity=2), put("offers", "lent", until=2)), OBJECTIVE),
    ("what comes back may be held again", lambda i, p: (one(i, "processes", "repair").update(capacity=2), p["flows"][GIFT].update(quantity=4), loose(i, p),
     p["flows"][SPARES].update(quantity=8), one(i, "processes", "repair")["holds"].pop(), one(i, "pools", "bays").update(quantity=2),
     p["flows"].append(copy.deepcopy(p["flows"][GIFT])), p["flows"][0].update(quantity=2), p["flows"][-1].update(quantity=2),
     p["flows"][-1]["path"][1].update(start=3), p["flows"][-1]["path"][2].update(depart=6), p["flows"][-1].update(arrive=7)) and None,
     # 2 more trucks in 7: 200 × 1/4; bonus 6; road 24 t more and 2 or 3 trips more (48 t by 20: 3, 136 m³ by 60: 3): 24 + 4; rail 40; repair 20;
     # the reserve has 2 fewer
     OBJECTIVE + 50 + 6 - 0.5 * (24 + 4 + 40 + 20) - 5),
    ("null for what is left out", both(flow(SHELLS, pool=None, process=None, package=None), lambda i, p: p.update(bound=None)), OBJECTIVE),
    ("no limit on orders", lambda i, p: one(i, "offers", "bought")["purchase"].update(per_period=None), OBJECTIVE),
    ("nobody's money", lambda i, p: (one(i, "offers", "bought")["purchase"].update(fund=None), one(i, "funds", "buy").update(budget=0)) and None, OBJECTIVE),
    ("without caveat where there is no purpose", both(put("processes", "repair", purpose=None), put("offers", "spares", only_for=None)), OBJECTIVE),
    ("lists left out", lambda i, p: [i.pop(k) for k in ("funds", "floors", "fleets", "reserves")] and None, OBJECTIVE + 12 + 9 + 2.5 + 2),
    ("floor just missed", put("floors", "all", value=418, penalty=2), OBJECTIVE - 2),
    ("floor of no want", put("floors", "all", value=5, penalty=2, places=[]), OBJECTIVE - 10),
    ("floor of one place and purpose", put("floors", "all", value=10, penalty=2, places=["D"], purposes=["front"]), OBJECTIVE - 6),
    ("floor: packages count", put("floors", "all", value=351, penalty=2, places=["F"], purposes=["front"]), OBJECTIVE - 2),
    ("fleet of one type", put("fleets", "brigade", resources=["truck", "vest"][:1]), OBJECTIVE + 9),
    ("fleet of three types", put("fleets", "brigade", resources=["truck", "jeep", "vest", "spare"]), OBJECTIVE - 9),
    ("fleet of no type", put("fleets", "brigade", resources=["kit"]), OBJECTIVE + 9),  # kits are delivered to a pool only
    ("fleet of all its places", put("fleets", "brigade", places=["F", "D"], resources=["truck", "spare"]), OBJECTIVE),
    ("reserve just held", put("reserves", "vehicles", quantity=5), OBJECTIVE + 2.5),
    ("reserve at any place", put("reserves", "vehicles", resources=["jeep", "kit"], places=None, quantity=5), OBJECTIVE),  # 3 jeeps and 1 kit left
    ("reserve larger than what there is", put("reserves", "vehicles", quantity=99), OBJECTIVE + 2.5 - 7 * 2.5),
    ("bonus of what comes too late", both(easy, put("requirements", "fire", due=0, expires=1)), OBJECTIVE - 60 - 6 - 0.3 * 60),
    ("sets in two lines", both(line(count=3), lambda i, p: p["packages"].append({"package": "squad", "period": 6, "count": 1})), OBJECTIVE),
    ("no package lines", lambda i, p: (p.pop("packages"), i["floors"].clear()) and None, OBJECTIVE - 200 + 12),
    ("ids of two kinds alike", lambda i, p: (one(i, "packages", "squad").update(id="fire"), p["packages"][0].update(package="fire"),
     p["flows"][BOUGHT].update(package="fire"), p["flows"][JEEPS].update(package="fire")) and None, OBJECTIVE),
    ("expires after the horizon", put("packages", "squad", expires=2**62), OBJECTIVE),
]

NONSENSE = [None, True, False, -1, 0, 1, 7, 8, 10**30, -10**30, 2**63 - 1, 2**63, -2**63, 10**5000, 1.0, 0.5, 1e308, float("inf"), float("nan"), "", "x", "D",
            "\ud800", [], {}, [None], [[]], [{}], {"x": 1}, {"lane": []}, [{"lane": "air"}], [{"order": 10**30}], [{"process": {}, "start": "0"}]]


def spots(document, way=()):
    """Every way to a part of a document."""
    yield way
    for key, part in (document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()):
        yield from spots(part, (*way, key))


def version_1():
    """The good documents as far as format 1 goes: the gift becomes what needs and trips do not hinder."""
    instance, plan = good()
    instance["format"] = "assistance-plan/1"
    for place in instance["places"]:
        place.update(handling_t=None, storage_t=None)
    one(instance, "processes", "repair")["capacity"] = 2
    plan["flows"] = [plan["flows"][n] for n in (GIFT, JEEPS, SHELLS, STRIP)]
    plan["packages"] = []
    # value 150 + 60 + 7; cost road 20, rail 40, track 60, air 12, repair 20, strip 1: no trips, no bonus, no penalties
    plan.update(objective=217 - 0.5 * 153, bound=None)
    return instance, plan


class Judge(unittest.TestCase):
    def judged(self, change, judge=good):
        """The result after a change, with the objective stated anew."""
        instance, plan = judge()
        change(instance, plan)
        plan["objective"], plan["bound"] = check(instance, plan)[0], None
        before = copy.deepcopy((instance, plan))
        result = check(instance, plan)
        self.assertEqual((instance, plan), before, "the documents are left as they are")
        return result

    def test_good(self):
        objective, value, cost, faults = check(*good())
        self.assertEqual(faults, [])
        self.assertAlmostEqual(objective, 287.0, places=9)
        self.assertAlmostEqual(objective, OBJECTIVE, places=9)
        self.assertAlmostEqual(value, 417.0, places=9)
        self.assertAlmostEqual(cost, 233.0, places=9)

    def test_uses_every_field(self):
        instance, _ = good()
        for kind, field in (pair.split(".") for pair in (
                "resources.unit_volume_m3 places.handling_in_t places.storage_m3 lanes.capacity_m3 lanes.departs lanes.trip_t lanes.trip_m3 lanes.trip_cost "
                "lanes.trips lanes.least_t lanes.fund processes.needs processes.holds processes.purpose processes.fund offers.lot offers.until offers.purchase "
                "offers.prefers pools.quantity funds.budget floors.value fleets.penalty reserves.quantity").split()):
            self.assertTrue(any(x.get(field) for x in instance[kind]), (kind, field))

    def test_broken(self):
        self.assertGreaterEqual(len(BROKEN), 45)
        self.assertEqual(len({name for name, *_ in BROKEN}), len(BROKEN))
        for name, change, expected in BROKEN:
            with self.subTest(name):
                faults = self.judged(change)[3]
                self.assertTrue(faults, "accepted")
                self.assertEqual([f for f in faults if expected not in f], [], "another rule is broken")

    def test_limits(self):
        for name, change, expected in LIMITS:
            with self.subTest(name):
                self.assertEqual(self.judged(change(LESS))[3], [])
                faults = self.judged(change(EVEN_LESS))[3]
                self.assertTrue(faults and all(expected in f for f in faults), faults)

    def test_allowed(self):
        for name, change, expected in ALLOWED:
            with self.subTest(name):
                objective, _, _, faults = self.judged(change)
                self.assertEqual(faults, [])
                self.assertAlmostEqual(objective, expected, places=6)

    def test_objective_and_bound(self):
        def faults(**fields):
            instance, plan = good()
            return check(instance, {**plan, **fields})[3]
        for stated in (OBJECTIVE, OBJECTIVE * (1 + 0.9e-6), OBJECTIVE * (1 - 0.9e-6), int(OBJECTIVE)):
            self.assertEqual(faults(objective=stated), [])
        for stated in (OBJECTIVE * (1 + 1.1e-6), OBJECTIVE * (1 - 1.1e-6), float("nan"), float("inf"), None, "287", True, 10**5000):
            self.assertIn("stated objective", faults(objective=stated)[0])
        for bound in (None, OBJECTIVE, OBJECTIVE * (1 - 0.9e-6), 1e9):
            self.assertEqual(faults(bound=bound), [])
        for bound in (OBJECTIVE * (1 - 1.1e-6), float("nan"), 0, -1, "287", True, []):
            self.assertIn("over the stated bound", faults(bound=bound)[0])
        instance, plan = good()
        del plan["objective"], plan["bound"]
        self.assertIn("stated objective", check(instance, plan)[3][0])

    def test_nonsense(self):
        """Whatever stands anywhere in a plan, the judge neither fails nor hangs; and in a place that must have another type it finds a fault."""
        for documents in (good, version_1):
            instance, plan = documents()
            for way in spots(plan):
                for thing in [*NONSENSE, "leave out"]:
                    changed = copy.deepcopy(plan)
                    if way:
                        part = changed
                        for key in way[:-1]:
                            part = part[key]
                        if thing == "leave out":
                            del part[way[-1]]
                        else:
                            part[way[-1]] = thing
                    else:
                        changed = thing
                    faults = check(instance, changed)[3]
                    text = "\n".join(faults)
                    if not way or way[-1] in ("offer", "quantity", "path", "lane", "process", "depart", "start", "order", "arrive", "objective", "flows"):
                        if thing in (-1, "x", "leave out") or isinstance(thing, dict) or thing != thing:
                            self.assertTrue(faults, (way, thing))
                    self.assertIsInstance(text, str)

    def test_faulty_flows_count_as_far_as_they_go(self):
        instance, plan = good()
        _, whole_value, whole_cost, _ = check(instance, plan)
        plan["flows"][SHELLS]["requirement"] = "x"  # the way is paid
        _, value, cost, faults = check(instance, plan)
        self.assertEqual((value, cost, len(faults) > 0), (whole_value - 60, whole_cost, True))
        instance, plan = good()
        plan["flows"][GIFT]["path"][2]["lane"] = "x"  # the way is paid up to there
        _, value, cost, _ = check(instance, plan)
        self.assertEqual((value, cost), (whole_value - 150, whole_cost - 40))
        instance, plan = good()
        instance["offers"][SHELLS]["only_for"] = []  # a caveat that is not kept: it still serves
        self.assertEqual(check(instance, plan)[:3], check(*good())[:3])

    def test_version_1(self):
        """A document of format 1: what is marked 2 is not heard, what is so in a plan is a fault."""
        instance, plan = version_1()
        self.assertTrue(instance["pools"] and instance["funds"] and instance["processes"][0]["needs"] and instance["lanes"][0]["trip_t"])
        objective, value, cost, faults = check(instance, plan)
        self.assertEqual((objective, value, cost, faults), (217 - 0.5 * 153, 217, 153, []))
        for change in (put("lanes", "rail", departs=[]), put("lanes", "road", trip_t=1, trips=0, least_t=999, capacity_m3=0),
                       put("offers", "gift", lot=3, until=0), put("offers", "gift", purchase={"cost": 1, "lead": 9, "per_period": 0, "fund": "none"}),
                       put("funds", "ops", budget=0),
                       put("pools", "bays", quantity=0), put("places", "H", storage_m3=0, handling_in_t=0), put("resources", "shell", unit_volume_m3=1e9)):
            self.assertEqual(self.judged(change, version_1), (objective, value, cost, []))
        bare = {k: v for k, v in instance.items() if k not in ("pools", "funds", "floors", "fleets", "reserves")}
        self.assertEqual(check(bare, plan)[3], [])
        for n, expected in ((SPARES, "serves nothing"), (LENT, "serves nothing"), (BOUGHT, "not one of lane, process")):
            self.assertIn(expected, " ".join(self.judged(lambda i, p: p["flows"].append(good()[1]["flows"][n]), version_1)[3]))
        instance["format"] = "assistance-plan/2"
        self.assertTrue(check(instance, plan)[3])

    def test_version_1_negative_line(self):
        """In format 1 a line's negative period counts from the end and is early; in format 2 it is a fault."""
        def lines(period):
            def change(i, p):
                del i["packages"][0]["components"][0]
                p["flows"][1]["component"] = 0
                p["packages"] = [{"package": "squad", "period": period, "count": 4}]
            return change
        objective, _, _, faults = self.judged(lines(-1), version_1)
        self.assertEqual((objective, faults), (217 + 200 - 0.5 * 153, []))
        self.assertEqual(self.judged(lines(7), version_1)[:1] + ([],), (217 - 0.5 * 153, []))
        self.assertIn("needs 4, has 0", self.judged(lines(-8), version_1)[3][0])
        for period in (-9, 8, -2**63):
            self.assertIn("outside the horizon", self.judged(lines(period), version_1)[3][0])

    def test_command(self):
        with tempfile.TemporaryDirectory() as folder:
            def run(instance, plan):
                names = [os.path.join(folder, n) for n in ("instance.json", "plan.json")]
                for name, text in zip(names, (instance, plan)):
                    with open(name, "w", encoding="utf-8") as file:
                        file.write(text)
                here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check.py")
                done = subprocess.run([sys.executable, here, *names], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.stderr, "")
                return done.returncode, done.stdout
            instance, plan = good()
            self.assertEqual(run(json.dumps(instance), json.dumps(plan)), (0, "objective 287.000000 value 417.000000 cost 233.00 faults 0\n"))
            plan["flows"][SHELLS]["requirement"] = "\ud800"
            code, out = run(json.dumps(instance), json.dumps(plan))
            self.assertEqual((code, "BROKEN flow 5" in out), (1, True))
            for text in ("", "[" * 100000, "9" * 5000, "null", '{"flows": [' + '{},' * 30 + "{}]}"):
                code, out = run(json.dumps(instance), text)
                self.assertEqual((code, "BROKEN" in out), (1, True))
            self.assertEqual(run("", json.dumps(plan))[0], 1)


if __name__ == "__main__":
    unittest.main()
