"""A site on loopback that does what a test asks of it, and a unit's home that crawls it in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml

from patrol.evidence import Archive, verify
from patrol.ledger import Ledger

RUNNER = Path(__file__).with_name("run_crawl.py")
ROOT = Path(__file__).resolve().parents[2]


def listing(number, *, title=None, images=(), price="120.00", more=""):
    """A listing's page as a small classifieds site writes it."""
    product = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": title or f"Schist head of a bodhisattva no. {number}",
        "sku": str(number),
        "description": f"Grey schist, Gandhara, about {number % 40 + 10} cm high. From an old collection, sold as found.",
        "image": list(images),
        "offers": {"@type": "Offer", "price": price, "priceCurrency": "EUR", "availability": "https://schema.org/InStock"},
    }
    return (
        f"<html><head><title>{product['name']}</title>"
        f'<script type="application/ld+json">{json.dumps(product)}</script></head>'
        f"<body><h1>{product['name']}</h1><p>{product['description']}</p>{more}</body></html>"
    )


def results(numbers, *, next_page=None):
    """A results page with one card a number."""
    cards = "".join(f'<li class="card"><a href="/item/{n}.html">Schist head no. {n}</a></li>' for n in numbers)
    following = f'<a class="next" href="{next_page}">next</a>' if next_page else ""
    return f"<html><head><title>Results</title></head><body><ul>{cards}</ul>{following}</body></html>"


class Site:
    """Pages by path: text, or (status, headers, body), or a function of the request's handler that answers itself."""

    def __init__(self):
        self.pages = {"/robots.txt": (404, {}, "none")}
        self.asked = []  # (time, path, headers)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def _handler(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                site.asked.append((time.monotonic(), self.path, dict(self.headers)))
                page = site.pages.get(self.path, site.pages.get(self.path.partition("?")[0], (404, {}, "<h1>Not found</h1>")))
                if callable(page):
                    page = page(self)
                    if page is None:
                        return
                status, headers, body = (200, {}, page) if isinstance(page, str | bytes) else page
                body = body.encode() if isinstance(body, str) else body
                self.send_response(status)
                for name, value in {
                    "Content-Type": "text/html; charset=utf-8",
                    "Content-Length": str(len(body)),
                    **headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def paths(self):
        return [path for _, path, _ in self.asked]

    def market(self, count, *, per_page=10):
        """`count` listings behind results pages under /search."""
        pages = (count + per_page - 1) // per_page
        for page in range(pages):
            numbers = range(100000 + page * per_page, 100000 + min(count, (page + 1) * per_page))
            following = f"/search?page={page + 2}" if page + 1 < pages else None
            self.pages[f"/search?page={page + 1}"] = results(numbers, next_page=following)
        for number in range(100000, 100000 + count):
            self.pages[f"/item/{number}.html"] = listing(number)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Unit:
    """A home with one marketplace, and its crawls."""

    def __init__(self, root, site, ledger=None):
        """`ledger` is the address of one that other homes share."""
        self.root, self.site = root, site
        self.address = ledger or f"sqlite:///{root / 'data' / 'ledger.sqlite'}"
        self.market = {
            "title": "Test shop",
            "card": {
                "legal_basis": "test",
                "approved_by": "test",
                "approved_on": "2026-01-01",
                "expires": "2099-01-01",
                "contact_label": "unit@example.org",
                "retention_days": 30,
                "loopback": True,
                "manners": {"delay": 0, "concurrency": 4},
            },
            "hosts": [f"127.0.0.1:{site.port}"],
            "search": {"seeds": [f"{site.url}/search?page=1"], "pages": 20},
            "read": {
                "listing_url": [r"/item/(?P<id>\d+)\.html"],
                "results_url": ["/search"],
                "layouts": [
                    {"name": "listing", "when": {"css": "h1"}, "fields": {"title": "h1"}},
                    {
                        "name": "results",
                        "when": {"css": "li.card"},
                        "results": {"cards": "li.card", "link": "a::attr(href)", "title": "a"},
                        "next": {"css": "a.next::attr(href)"},
                    },
                ],
            },
        }
        self.settings = {"manners": {"timeout": 3, "retries": 2}}

    @property
    def card(self):
        return self.market["card"]

    def write(self):
        config = self.root / "config"
        (config / "marketplaces").mkdir(parents=True, exist_ok=True)
        (config / "patrol.yml").write_text(yaml.safe_dump(self.settings))
        (config / "rates.yml").write_text("date: 2026-01-02\nsource: test\neur: {USD: 0.9}\n")
        gate = {
            "regime": "UNESCO 1970",
            "rule": "gate",
            "valid_from": "1972-04-24",
            "gate": True,
            "source": "test",
            "checked": "C",
        }
        (config / "laws.yml").write_text(yaml.safe_dump({"laws": [gate]}))
        (config / "marketplaces" / "shop.yml").write_text(yaml.safe_dump(self.market))

    def start(self, **order):
        self.write()
        order = {"marketplace": "shop", "ledger": self.address} | order
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
        return subprocess.Popen(
            [sys.executable, str(RUNNER), str(self.root), json.dumps(order)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )

    def crawl(self, *, seconds=60, stderr=False, **order):
        """The crawl's summary; what it wrote to stderr is part of a failure's message."""
        return self.ended(self.start(**order), seconds=seconds, stderr=stderr)

    @staticmethod
    def ended(process, *, seconds=60, stderr=False):
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f"the crawl did not end:\n{out}\n{err}") from None
        assert out.strip(), err
        assert stderr or not err, (out, err)
        return json.loads(out.strip().splitlines()[-1]) | {"exit": process.returncode}

    def ledger(self):
        return Ledger(self.address, secret=b"x" * 32)

    @property
    def archive(self):
        return Archive(self.root / "data" / "evidence")

    def captures(self, run):
        ledger = self.ledger()
        try:
            return ledger.runs.captures_of(run)
        finally:
            ledger.close()

    def listings(self):
        """listing id -> number of rows, for every listing kept."""
        ledger = self.ledger()
        try:
            keys = list(ledger.listings.current_keys())
            return sorted(stored.listing.listing_id for stored in ledger.listings.current_many(keys).values())
        finally:
            ledger.close()

    def sound(self):
        """Every capture of every run is what was sealed."""
        verdicts = list(verify(self.archive.root))
        return verdicts and not [str(verdict) for verdict in verdicts if verdict.fault]
