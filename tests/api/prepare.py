"""Waits for the demonstration, signs its people in, and writes for each how schemathesis is to ask: with a token, and with addresses of
records that are there, since random ones are not.

usage: prepare.py URL FOLDER PROCESS
"""

import http.cookiejar
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PEOPLE = ["public", "japan", "coordinator", "auditor"]
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
]
# A plan takes all cores for up to half an hour; it has tests of its own.
EXCEPT = ["run-plan"]


def wait(url, process, log):
    for _ in range(600):
        os.kill(process, 0)
        if re.search(r"^  auditor ", open(log).read(), re.M):
            return
        time.sleep(0.2)
    sys.exit(f"{url} does not answer")


def token(url, name, password):
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    browser.addheaders = [("Origin", url)]
    browser.open(f"{url}/sign-in", urllib.parse.urlencode({"name": name, "password": password}).encode())
    body = json.dumps({"label": "schemathesis", "writes": True, "days": 1}).encode()
    request = urllib.request.Request(f"{url}/api/v1/me/tokens", body, {"Content-Type": "application/json"})
    return json.load(browser.open(request))["secret"]


def get(url, path, headers):
    try:
        return json.load(urllib.request.urlopen(urllib.request.Request(url + path, headers=headers)))
    except urllib.error.HTTPError:
        return {}


def addresses(url, headers):
    """For each group of addresses a pattern, a name in it, and one of what is there."""
    document = get(url, "/api/openapi.json", {})
    found = []
    for path in document["paths"]:
        sheet = re.fullmatch(r"/api/v1/records/(\w+)", path)
        records = get(url, f"{path}?limit=1", headers).get("records") if sheet else None
        if records:
            found.append((f"^/api/v1/records/{sheet[1]}/", "key", urllib.parse.quote(records[0]["code"], safe="")))
    plans = get(url, "/api/v1/plans", headers).get("plans")
    if plans:
        found.append(("^/api/v1/plans/", "plan", plans[0]["plan"]))
    accounts = get(url, "/api/v1/ledger/accounts?limit=1", headers).get("accounts")
    if accounts:
        found.append(("^/api/v1/ledger/accounts/", "account", urllib.parse.quote(accounts[0]["account"], safe="")))
    return found


def write(folder, person, headers, found):
    quoted = json.dumps
    lines = [
        "workers = 2",
        "continue-on-failure = true",
        "request-timeout = 20",
        "",
        "[headers]",
        *[f"{quoted(name)} = {quoted(value)}" for name, value in headers.items()],
        "",
        "[phases]",
        *[f"{phase}.enabled = {'true' if phase == 'fuzzing' else 'false'}" for phase in ["examples", "coverage", "fuzzing", "stateful"]],
        "",
        "[generation]",
        "max-examples = 3",
        "database = \"none\"",
        "",
        "[checks]",
        "enabled = false",
        *[f"{check}.enabled = true" for check in CHECKS],
    ]
    for pattern, name, value in found:
        lines += ["", "[[operations]]", f"include-path-regex = {quoted(pattern)}", f"parameters = {{ \"path.{name}\" = {quoted(value)} }}"]
    for operation in EXCEPT:
        lines += ["", "[[operations]]", f"include-operation-id = {quoted(operation)}", "enabled = false"]
    with open(os.path.join(folder, f"{person}.toml"), "w") as file:
        file.write("\n".join(lines) + "\n")


def main():
    url, folder, process = sys.argv[1], sys.argv[2], int(sys.argv[3])
    log = os.path.join(folder, "log")
    wait(url, process, log)
    passwords = dict(re.findall(r"^  (\w+) +(\S+)   ", open(log).read(), re.M))
    for person in PEOPLE:
        headers = {}
        if person != "public":
            headers = {"Authorization": f"Bearer {token(url, person, passwords[person])}"}
        write(folder, person, headers, addresses(url, headers))


main()
