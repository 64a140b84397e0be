#!/usr/bin/env python3
"""Write the examples of server/api/openapi.json again: what a service with the shipped models answers.

    usage: tests/http/examples.py BUILD

The examples of requests are kept; those of answers are replaced, where a request for them is known.
The file is laid out again, so run it after the document was changed by hand, too.
"""
import json
import subprocess
import sys
import urllib.error
import urllib.request

DOCUMENT = "server/api/openapi.json"
PROBLEM = "application/problem+json"
JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
WIDTH = 100

# The requests that get an example of a problem; tests/http/openapi.c sends the same.
REFUSED = [
    ("BadRequest", "invalid-head", "GET", "/models", None, {"X-Request-Timeout-Ms": "soon"}),
    ("BadRequest", "invalid-json", "POST", "/predict", '{"events": [}', JSON),
    ("Forbidden", "foreign-origin", "GET", "/models", None, {"Origin": "http://example.com"}),
    ("NotFound", "unknown-model", "GET", "/models/lessons", None, {}),
    ("NotFound", "unknown-path", "GET", "/model", None, {}),
    ("UnsupportedMediaType", "unsupported-type", "POST", "/predict", "<a/>",
     {"Content-Type": "text/xml"}),
    ("ExpectationFailed", "unsupported-expectation", "GET", "/models", None, {"Expect": "more"}),
    ("UnprocessableContent", "invalid-input", "POST", "/predict",
     '{"events": ["deploy_started", 7]}', JSON),
]


def ask(url, method, path, body=None, headers={}):
    """The body of the answer, whatever its status."""
    data = None if body is None else body.encode()
    request = urllib.request.Request(url + path, data, headers, method=method)
    try:
        return urllib.request.urlopen(request).read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


def update_answers(url, document, path):
    operation = document["paths"][path]["post"]
    asked = operation["requestBody"]["content"]["application/json"]["examples"]
    operation["responses"]["200"]["content"]["application/json"]["examples"] = {
        name: {"value": json.loads(ask(url, "POST", path, json.dumps(example["value"]), JSON))}
        for name, example in asked.items()}


def update_lines(url, operation):
    asked = operation["requestBody"]["content"]
    answered = operation["responses"]["200"]["content"]
    for name, example in asked["application/x-ndjson"]["examples"].items():
        lines = ask(url, "POST", "/predict", example["value"], LINES)
        answered["application/x-ndjson"]["examples"][name]["value"] = lines


def update(url, document):
    parameters = document["components"]["parameters"].values()
    for path, item in document["paths"].items():
        for parameter in parameters:
            if parameter["in"] == "path":
                path = path.replace("{%s}" % parameter["name"], parameter["example"])
        for media in item.get("get", {"responses": {"200": {"content": {}}}}
                              )["responses"]["200"]["content"].values():
            if "example" in media:
                media["example"] = json.loads(ask(url, "GET", path))
    update_answers(url, document, "/predict")
    update_lines(url, document["paths"]["/predict"]["post"])
    for response, code, *request in REFUSED:
        problem = json.loads(ask(url, *request))
        del problem["request_id"]
        examples = document["components"]["responses"][response]["content"][PROBLEM]["examples"]
        examples[code]["value"] = problem


def lay_out(value, indent=0, taken=0):
    """value on one line if it fits, else a line for each member; strings and numbers fill lines."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or indent + taken + len(line) <= WIDTH:
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {lay_out(member, indent + 2, len(key) + 4)}"
                 for key, member in value.items()]
    elif any(isinstance(item, (dict, list)) for item in value):
        parts = [lay_out(item, indent + 2) for item in value]
    else:
        parts = [""]
        for item in map(json.dumps, value):
            if parts[-1] and indent + len(parts[-1]) + len(item) + 5 > WIDTH:
                parts.append(item)
            else:
                parts[-1] += (", " if parts[-1] else "") + item
    brackets = "{}" if isinstance(value, dict) else "[]"
    lines = ",\n".join(pad + part for part in parts)
    return f"{brackets[0]}\n{lines}\n{' ' * indent}{brackets[1]}"


def with_service(build, models, work):
    """Call work with the URL of a service."""
    service = subprocess.Popen(
        [f"{build}/triaged", "--listen", "127.0.0.1:0", "--log-level", "none", "--models", models],
        stdout=subprocess.PIPE, text=True)
    try:
        work(service.stdout.readline().split()[-1])
    finally:
        service.terminate()


def main(build):
    with open(DOCUMENT, encoding="utf-8") as file:
        document = json.load(file)
    with_service(build, "models", lambda url: update(url, document))
    # No shipped model predicts events.
    with_service(build, "tests/http/models", lambda url: update_answers(url, document, "/forecast"))
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(lay_out(document) + "\n")


main(*sys.argv[1:])
