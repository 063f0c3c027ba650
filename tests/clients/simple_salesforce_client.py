"""Asks the emulated org through simple-salesforce, which is used as published.

The package speaks https to fixed host names, so its session gets an adapter that carries every request to the emulated
org instead. Prints one JSON object: for each question the ids, or whole group records, that came back.
"""

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceMalformedRequest


class ToLoopback(HTTPAdapter):
    """Sends https requests for any host to the emulated org over http."""

    def __init__(self, address):
        super().__init__()
        self.address = address

    def send(self, request, **options):
        url = urlsplit(request.url)
        request.url = urlunsplit(("http", self.address, url.path, url.query, ""))
        request.headers["Host"] = self.address
        return super().send(request, **options)


def main(url, key_file, client_id, username, questions_file):
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", ToLoopback(urlsplit(url).netloc))
    salesforce = Salesforce(
        username=username, consumer_key=client_id, privatekey_file=key_file, session=session, version="67.0"
    )
    answers = {}
    for name, query in json.loads(Path(questions_file).read_text(encoding="utf-8")).items():
        answer = salesforce.query_all(query)
        assert answer["totalSize"] == len(answer["records"]), name
        answers[name] = [
            record.get("Id") or f"{record['CompanyName']}: {record['expr0']}" for record in answer["records"]
        ]
    answers["described fields"] = sorted(field["name"] for field in salesforce.User.describe()["fields"])
    answers["api requests allowed"] = [salesforce.limits()["DailyApiRequests"]["Max"]]
    assert salesforce.api_usage["api-usage"].total == answers["api requests allowed"][0]
    try:
        salesforce.query("SELECT Nonsense FROM User")
    except SalesforceMalformedRequest as refusal:
        answers["refused"] = [refusal.content[0]["errorCode"], refusal.content[0]["message"]]
    json.dump(answers, sys.stdout)


main(*sys.argv[1:])
