#!/usr/bin/env python3
"""Checks a plan against its instance (see docs/assistance-plan.md) and prints its true objective.

usage: check.py INSTANCE.json PLAN.json      Exit 0: every rule holds and the stated objective is right. Exit 1: the first broken rules are listed.
Standard library only; written from the model's text, not from any planner.
"""
import collections
import json
import math
import sys

TOLERANCE = 1e-6
MOST = 2**63  # no quantity or count is as large
FIELDS_2 = {  # the fields marked 2, and what holds where they are left out
    "resources": {"unit_volume_m3": 0},
    "places": {"handling_in_t": None, "storage_m3": None},
    "lanes": {"capacity_m3": None, "departs": None, "trip_t": None, "trip_m3": None, "trip_cost": 0, "trips": None, "least_t": 0, "fund": None},
    "processes": {"needs": [], "holds": [], "purpose": None, "fund": None, "pass_share": None},
    "offers": {"lot": 1, "until": None, "purchase": None, "prefers": []},
    "requirements": {},
    "packages": {},
}
LISTS_2 = ("pools", "funds", "floors", "fleets", "reserves")
TARGETS = {"requirement": "requirements", "package": "packages", "process": "processes", "pool": "pools"}


def timeliness(period, due, expires):
    """Share of the value that a delivery in `period` still earns."""
    if period <= due:
        return 1.0
    return 0.0 if period >= expires else 1.0 - (period - due) / (expires - due)


def whole(x):
    """Is it a whole number? (true and 1.0 are not)"""
    return isinstance(x, int) and not isinstance(x, bool)


def counted(x):
    """Is it a quantity: whole and above 0?"""
    return whole(x) and 0 < x < MOST


def number(x):
    """A plan's number as a float; NaN for what is none."""
    try:
        return float(x) if isinstance(x, (int, float)) and not isinstance(x, bool) else math.nan
    except OverflowError:
        return math.nan


def show(x):
    """Short text for anything a plan may hold."""
    try:
        return repr(x)[:120]
    except (ValueError, RecursionError):
        return "(unprintable)"


def at(series, t):
    """A series' number in period t."""
    return series[t] if isinstance(series, list) else series


def over(used, allowed):
    """Is the limit broken? None is no limit; NaN breaks any limit."""
    return allowed is not None and not used <= allowed + TOLERANCE * max(1.0, allowed)


def least_trips(load, takes):
    """Least whole n with load ≤ n × takes, held as all limits are; 0 where a trip is not measured so."""
    if takes is None or not over(load, 0):
        return 0
    if not load / takes < 1e18:
        return load / takes
    low, high = 0, math.ceil(load / takes) + 1  # low is too few, high is enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if over(load, middle * takes) else (low, middle)
    return high


def among(x, chosen):
    """Is x in a list where null means any?"""
    return chosen is None or x in chosen


def read(instance):
    """Everything by kind and id, fields marked 2 filled in; of a document of format 1 none of them is heard."""
    two = instance.get("format") == "assistance-plan/2"
    model = {}
    for kind, fields in FIELDS_2.items():
        model[kind] = {}
        for x in instance.get(kind) or []:
            model[kind][x["id"]] = {**x, **{f: x[f] if two and x.get(f) is not None else without for f, without in fields.items()}}
    for kind in LISTS_2:
        model[kind] = {x["id"]: x for x in (instance.get(kind) or [] if two else [])}
    return two, model


class Books:
    """What a plan's flows and package lines use, deliver, earn and cost."""

    def __init__(self, instance):
        self.two, self.model = read(instance)
        self.periods, self.weight, self.faults = instance["periods"], instance["cost_weight"], []
        self.lane_t, self.lane_m3, self.out_t, self.in_t, self.stored_t, self.stored_m3 = (collections.defaultdict(float) for _ in range(6))
        self.starts, self.orders, self.offered, self.required = (collections.defaultdict(int) for _ in range(4))
        self.given = collections.defaultdict(list)  # (kind, id, index) of a component, a need or a pool: (arrive, quantity, until when it stays)
        self.worth, self.paid = collections.defaultdict(float), collections.defaultdict(float)  # by want; by fund and period
        self.types = collections.defaultdict(set)  # by place: resources delivered to wants there
        self.value = self.cost = self.bonus = 0.0

    def find(self, kind, key):
        """The one of that kind and id, or None."""
        return self.model[kind].get(key) if isinstance(key, str) else None

    def pay(self, amount, fund, period):
        """Books a cost, and what it takes of a fund."""
        self.cost += amount
        if fund is not None:
            self.paid[fund, period] += amount

    def earn(self, kind, want, amount):
        """Books the value of a want."""
        self.value += amount
        self.worth[kind, want["id"]] += amount

    def wait(self, quantity, resource, place, period, until):
        """Books goods that wait at a place from one period to a later one, within the horizon."""
        for t in range(max(0, period), min(until, self.periods)):
            self.stored_t[place, t] += quantity * resource["unit_mass_t"]
            self.stored_m3[place, t] += quantity * resource["unit_volume_m3"]

    def travel(self, offer, quantity, path, fault):
        """Follows a path; the place, period and resource at its end, or None after a fault."""
        place, period, resource = offer["place"], offer["from"], self.model["resources"][offer["resource"]]
        if not isinstance(path, list):
            return fault(f"path {show(path)} is not a list")
        if offer["purchase"] is not None and not (path and isinstance(path[0], dict) and "order" in path[0]):
            return fault("is a purchase, but its first leg is no order")
        for n, leg in enumerate(path):
            kinds = [k for k in (("lane", "process", "order") if self.two else ("lane", "process")) if isinstance(leg, dict) and k in leg]
            if not kinds or self.two and len(kinds) > 1:
                return fault(f"leg {show(leg)} is not one of lane, process" + (", order" if self.two else ""))
            kind = kinds[0]
            start = leg.get({"lane": "depart", "process": "start", "order": "order"}[kind])
            if not whole(start) or start < period:
                return fault(f"leg {show(leg)} has no period from {period} on")
            if kind == "lane":
                lane, mass, volume = self.find("lanes", leg["lane"]), resource["unit_mass_t"], resource["unit_volume_m3"]
                if lane is None or lane["from"] != place:
                    return fault(f"leg {show(leg)} is no lane from {place}")
                if resource["hazard"] in lane["forbids"]:
                    return fault(f"lane {lane['id']} forbids {resource['hazard']}")
                if lane["departs"] is not None and start not in lane["departs"]:
                    return fault(f"lane {lane['id']} does not depart in {show(start)}")
                if over(mass, lane["trip_t"]) or over(volume, lane["trip_m3"]):
                    return fault(f"one {resource['id']} is more than a trip of lane {lane['id']} takes")
                self.wait(quantity, resource, place, period, start)
                self.lane_t[lane["id"], start] += quantity * mass
                self.lane_m3[lane["id"], start] += quantity * volume
                self.out_t[place, start] += quantity * mass
                self.in_t[lane["to"], start + lane["transit"]] += quantity * mass
                self.pay(lane["cost_per_t"] * (quantity * mass), lane["fund"], start)
                place, period = lane["to"], start + lane["transit"]
            elif kind == "process":
                process = self.find("processes", leg["process"])
                if process is None or process["place"] != place or process["input"] != resource["id"]:
                    return fault(f"leg {show(leg)} is no process at {place} for {resource['id']}")
                self.wait(quantity, resource, place, period, start)
                self.starts[process["id"], start] += quantity
                self.pay(process["cost"] * quantity, process["fund"], start)
                resource, period = self.model["resources"][process["output"]], start + process["duration"]
            else:
                purchase = offer["purchase"]
                if purchase is None or n > 0:
                    return fault("has an order that is not the first leg of a purchase")
                self.orders[offer["id"], start] += quantity
                self.pay(purchase.get("cost", 0) * quantity, purchase.get("fund"), start)
                period = start + purchase.get("lead", 0)
            if period >= self.periods:
                return fault(f"leg {show(leg)} ends after the last period")
        return place, period, resource

    def flow(self, n, flow):
        """Books one flow."""
        if not isinstance(flow, dict):
            self.faults.append(f"flow {n}: {show(flow)} is no flow")
            return

        def fault(text):
            self.faults.append(f"flow {n} ({show(flow.get('offer'))}): {text}")
        offer, quantity = self.find("offers", flow.get("offer")), flow.get("quantity")
        if offer is None:
            return fault("no such offer")
        if not counted(quantity):
            return fault(f"quantity {show(quantity)} is not a positive whole number")
        self.offered[offer["id"]] += quantity
        if quantity % offer["lot"]:
            fault(f"quantity {quantity} is not a multiple of the lot {offer['lot']}")
        end = self.travel(offer, quantity, flow.get("path"), fault)
        if end is None:
            return
        place, period, resource = end
        arrive = flow.get("arrive")
        if not whole(arrive) or not period <= arrive < self.periods:
            return fault(f"arrive {show(arrive)} is before the path's end {period}, or past the horizon")
        self.wait(quantity, resource, place, period, arrive)
        targets = [k for k in (TARGETS if self.two else ("requirement", "package")) if flow.get(k) is not None]
        if not targets or self.two and len(targets) > 1:
            return fault(f"serves {' and '.join(targets) or 'nothing'}, must serve one thing")
        kind = targets[0]
        target = self.find(TARGETS[kind], flow[kind])
        if target is None:
            return fault(f"no such {kind} {show(flow[kind])}")
        name = f"{kind} {target['id']}"
        if target["place"] != place:
            fault(f"ends at {place}, {name} is at {target['place']}")
        if offer["only_for"] is not None and target.get("purpose") not in offer["only_for"]:
            fault(f"caveat: only for {offer['only_for']}, {name} is for {target.get('purpose')}")
        if offer["until"] is not None and kind != "pool":
            fault(f"is lent, {name} is no pool")
        if offer["until"] is not None and arrive >= offer["until"]:
            fault(f"is lent until {offer['until']}, arrives in {arrive}")
        index = None
        if kind in ("package", "process"):
            field, parts = ("component", target["components"]) if kind == "package" else ("input", target["needs"])
            index = flow.get(field)
            if not whole(index) or not 0 <= index < len(parts):
                return fault(f"{name} has no {field} {show(index)}")
            name, accepts = f"{field} {index} of {name}", [parts[index]["resource"]]
        else:
            accepts = [a["resource"] for a in target["accepts"]] if kind == "requirement" else [target.get("accepts")]
        if resource["id"] not in accepts:
            return fault(f"{name} does not accept {resource['id']}")
        if kind == "requirement":
            self.required[target["id"]] += quantity
            utility = next(a["utility"] for a in target["accepts"] if a["resource"] == resource["id"])
            self.earn(kind, target, quantity * target["priority"] * utility * timeliness(arrive, target["due"], target["expires"]))
            if timeliness(arrive, target["due"], target["expires"]) > 0:
                self.bonus += quantity * sum(wish["bonus"] for wish in offer["prefers"] if wish["purpose"] == target["purpose"])
        else:
            self.given[kind, target["id"], index].append((arrive, quantity, offer["until"] if kind == "pool" else None))
        if kind in ("requirement", "package"):
            self.types[target["place"]].add(resource["id"])

    def lines(self, lines):
        """Books the package lines, and holds them to what was delivered."""
        done = collections.defaultdict(lambda: [0] * self.periods)
        for n, line in enumerate(lines):
            line = line if isinstance(line, dict) else {}
            package, period, count = self.find("packages", line.get("package")), line.get("period"), line.get("count")
            if package is None:
                self.faults.append(f"package line {n}: no such package {show(line.get('package'))}")
            elif not counted(count):
                self.faults.append(f"package {package['id']}: count {show(count)} is not a positive whole number")
            elif not whole(period) or not (0 if self.two else -self.periods) <= period < self.periods:
                self.faults.append(f"package {package['id']}: period {show(period)} is outside the horizon")
            else:  # a negative period, in format 1 only, counts from the horizon's end and is as early as can be
                done[package["id"]][period] += count
                self.earn("package", package, count * package["priority"] * timeliness(period, package["due"], package["expires"]))
        for pid, counts in done.items():
            package = self.model["packages"][pid]
            if sum(counts) > package["count"]:
                self.faults.append(f"package {pid}: {sum(counts)} completed, {package['count']} wanted")
            for i, part in enumerate(package["components"]):
                have, need = self.arrived("package", pid, i), 0
                for t in range(self.periods):
                    need += counts[t] * part["quantity"]
                    if need > have[t]:
                        self.faults.append(f"package {pid}: by period {t} component {i} needs {need}, has {have[t]}")
                        break

    def arrived(self, kind, key, index=None):
        """For each period, the units delivered to a component, a need or a pool by then and not called back."""
        have = [0] * (self.periods + 1)
        for arrive, quantity, until in self.given[kind, key, index]:
            have[arrive] += quantity
            if until is not None and arrive < until < self.periods:
                have[until] -= quantity
        for t in range(self.periods):
            have[t] += have[t - 1] if t else 0
        return have

    def limit(self, what, t, used, series):
        """A fault where a limit in period t (null: of no period) is broken; to be past the horizon is one already."""
        if (t is None or 0 <= t < self.periods) and over(used, at(series, t)):
            self.faults.append(f"{what}{'' if t is None else f' in {t}'}: {used:.6f} over {at(series, t)}")

    def lanes(self):
        """Pays the trips, and holds lanes and places to their limits."""
        for (lid, t), tonnes in self.lane_t.items():
            lane, cubic = self.model["lanes"][lid], self.lane_m3[lid, t]
            self.limit(f"tonnes on lane {lid}", t, tonnes, lane["capacity_t"])
            self.limit(f"cubic metres on lane {lid}", t, cubic, lane["capacity_m3"])
            if tonnes < lane["least_t"] - TOLERANCE * max(1.0, lane["least_t"]):
                self.faults.append(f"tonnes on lane {lid}, departing in {show(t)}: {tonnes:.6f} under the least {lane['least_t']}")
            if lane["trip_t"] is not None or lane["trip_m3"] is not None:
                trips = max(least_trips(tonnes, lane["trip_t"]), least_trips(cubic, lane["trip_m3"]))
                self.limit(f"trips of lane {lid}", t, trips, lane["trips"])
                self.pay(lane["trip_cost"] * trips, lane["fund"], t)
        for used, what, field in ((self.out_t, "tonnes departing", "handling_t"), (self.in_t, "tonnes arriving at", "handling_in_t"),
                                  (self.stored_t, "tonnes waiting at", "storage_t"), (self.stored_m3, "cubic metres waiting at", "storage_m3")):
            for (place, t), load in used.items():
                self.limit(f"{what} {place}", t, load, self.model["places"][place][field])

    def quantities(self):
        """Holds processes, orders, offers and requirements to their limits."""
        for (pid, t), units in self.starts.items():
            self.limit(f"units starting process {pid}", t, units, self.model["processes"][pid]["capacity"])
        for (oid, t), units in self.orders.items():
            self.limit(f"units ordered of {oid}", t, units, self.model["offers"][oid]["purchase"].get("per_period"))
        for oid, units in self.offered.items():
            self.limit(f"units of offer {oid}", None, units, self.model["offers"][oid]["quantity"])
        for rid, units in self.required.items():
            self.limit(f"units for requirement {rid}", None, units, self.model["requirements"][rid]["quantity"])

    def shared(self):
        """Holds processes to what was delivered for them, to the pools and to the funds."""
        held = collections.defaultdict(float)
        for (pid, start), units in self.starts.items():
            process = self.model["processes"][pid]
            for hold in process["holds"]:
                span = hold.get("periods")
                span = max(1, process["duration"]) if span is None else span
                for t in range(start, min(start + span, self.periods)):
                    held[hold["pool"], t] += units * hold["quantity"]
        for pid, process in self.model["processes"].items():
            for i, need in enumerate(process["needs"]):
                have, used = self.arrived("process", pid, i), 0
                for t in range(self.periods):
                    used += self.starts.get((pid, t), 0)
                    self.limit(f"need {i} of process {pid}", t, used * need["quantity"], have[t])
        for pid, pool in self.model["pools"].items():
            have = self.arrived("pool", pid)
            for t in range(self.periods):
                self.limit(f"held of pool {pid}", t, held.get((pid, t), 0.0), at(pool["quantity"], t) + have[t])
        for fid, fund in self.model["funds"].items():
            spent, there = 0.0, 0.0 if isinstance(fund["budget"], list) else fund["budget"]
            for t in range(self.periods):
                there += fund["budget"][t] if isinstance(fund["budget"], list) else 0.0
                spent += self.paid.get((fid, t), 0.0)
                self.limit(f"paid by fund {fid}", t, spent, there)

    def penalties(self):
        """What is lost by leaving the mission's policy."""
        lost = 0.0
        for floor in self.model["floors"].values():
            wants = [(kind, w) for kind in ("requirement", "package") for w in self.model[TARGETS[kind]].values()]
            got = sum(self.worth[kind, w["id"]] for kind, w in wants if among(w["place"], floor.get("places")) and among(w["purpose"], floor.get("purposes")))
            lost += floor["penalty"] * max(0.0, floor["value"] - got)
        for fleet in self.model["fleets"].values():
            types = {r for place, there in self.types.items() if among(place, fleet.get("places")) for r in there} & set(fleet["resources"])
            lost += fleet["penalty"] * max(0, len(types) - 1)
        for reserve in self.model["reserves"].values():
            offers = [o for o in self.model["offers"].values() if o["resource"] in reserve["resources"] and among(o["place"], reserve.get("places"))]
            there = sum(o["quantity"] for o in offers)
            left = there - sum(self.offered[o["id"]] for o in offers)
            lost += reserve["penalty"] * max(0, min(reserve["quantity"], there) - left)
        return lost


def check(instance, plan):
    """The plan's objective, value and cost, and the list of its faults."""
    books = Books(instance)
    if not isinstance(plan, dict):
        books.faults.append(f"the plan {show(plan)} is not an object")
        plan = {}
    for field, book in (("flows", lambda flows: [books.flow(n, f) for n, f in enumerate(flows)]), ("packages", books.lines)):
        given = plan.get(field, [] if field == "packages" else None)
        if isinstance(given, list):
            book(given)
        else:
            books.faults.append(f"{field} {show(given)} is not a list")
    books.lanes()
    books.quantities()
    books.shared()
    objective = books.value - books.weight * books.cost + books.bonus - books.penalties()
    if not abs(objective - number(plan.get("objective"))) <= TOLERANCE * max(1.0, abs(objective)):
        books.faults.append(f"stated objective {show(plan.get('objective'))}, true {objective}")
    bound = plan.get("bound")
    if bound is not None and not objective <= number(bound) + TOLERANCE * max(1.0, abs(objective)):
        books.faults.append(f"objective {objective} over the stated bound {show(bound)}")
    return objective, books.value, books.cost, books.faults


def load(path):
    """A JSON file's content; None for what is not JSON."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (ValueError, RecursionError) as error:
        print(f"BROKEN {path} is not JSON: {error}")
        return None


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.stdout.reconfigure(errors="backslashreplace")
    instance, plan = load(sys.argv[1]), load(sys.argv[2])
    if instance is None:
        sys.exit(1)
    objective, value, cost, faults = check(instance, plan)
    for f in faults[:20]:
        print("BROKEN", f)
    if len(faults) > 20:
        print(f"... and {len(faults) - 20} more")
    print(f"objective {objective:.6f} value {value:.6f} cost {cost:.2f} faults {len(faults)}")
    sys.exit(1 if faults else 0)
