"""The index behind TLS and a sign-in: the test server speaks neither, so a front on loopback ends the TLS and asks for both.

The front is a real TLS server that hands every request on to the Elasticsearch of the tests, if its credentials are the right
ones; the certificates are made for the test.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import logging
import os
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from search_backends import dropped, elastic_address
from search_world import ANYONE, listing

from patrol.config.settings import Stores
from patrol.errors import StoreError
from patrol.search import open_index
from patrol.search.index import Index, Query

KEY, PASSWORD = "dGVzdDprZXktb2YtdGhlLWZyb250", "correct horse"
BASIC = base64.b64encode(f"unit:{PASSWORD}".encode()).decode()
PASSED = ("Content-Type", "X-Elastic-Product", "Warning")

pytestmark = pytest.mark.elastic


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Authorization") not in (f"ApiKey {KEY}", f"Basic {BASIC}"):
            self._answer(401, {"Content-Type": "application/json"}, b'{"error":{"type":"security_exception"},"status":401}')
            return
        behind = http.client.HTTPConnection(urlsplit(os.environ["PATROL_TEST_ELASTICSEARCH"]).netloc, timeout=30)
        sent = {name: value for name in ("Accept", "Content-Type") if (value := self.headers.get(name))}
        behind.request(self.command, self.path, body or None, sent)
        answer = behind.getresponse()
        content = answer.read()
        self._answer(answer.status, {name: value for name in PASSED if (value := answer.headers.get(name))}, content)
        behind.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Silent: what is printed is looked at for secrets."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that does not trust the certificate hangs up: that is what one test is about."""


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for loopback that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / f"{name}.pem", folder / f"{name}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem, private


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Callable[..., Index]]:
    """Opens the index through the front: `opens(environ, user=…, ca=…)`."""
    pem, private = certificate(tmp_path, "front")
    front = Server(("127.0.0.1", 0), Front)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    front.socket = context.wrap_socket(front.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=front.serve_forever, daemon=True).start()
    prefix = urlsplit(elastic_address(tmp_path)).path
    opened: list[Index] = []

    def opening(environ: dict[str, str], user: str = "", ca: Path = pem) -> Index:
        address = f"https://{user + '@' if user else ''}127.0.0.1:{front.server_port}{prefix}"
        opened.append(open_index(Stores(index=address, index_ca=str(ca)), tmp_path, environ))
        return opened[-1]

    yield opening
    for index in opened:
        index.close()
    front.shutdown()
    front.server_close()
    dropped(tmp_path)


@pytest.mark.parametrize(
    ("environ", "user"), [({"PATROL_INDEX_API_KEY": KEY}, ""), ({"PATROL_INDEX_PASSWORD": PASSWORD}, "unit")]
)
def test_it_is_written_and_asked_through_tls_with_an_api_key_and_with_a_password(
    opens: Callable[..., Index], environ: dict[str, str], user: str
) -> None:
    index = opens(environ, user)
    assert index.write([listing(1, title="Schist head"), listing(2, title="Kettle")]).kept == 2
    assert [hit.document.title for hit in index.search(Query(text="schist"), ANYONE).hits] == ["Schist head"]
    assert index.rebuild([listing(1, title="Schist head")]).kept == 1
    assert index.count() == 1


@pytest.mark.parametrize(
    ("environ", "user"), [({"PATROL_INDEX_API_KEY": "b3RoZXI6a2V5"}, ""), ({"PATROL_INDEX_PASSWORD": "wrong"}, "unit"), ({}, "")]
)
def test_refused_credentials_are_named_by_their_setting_and_never_told(
    opens: Callable[..., Index],
    environ: dict[str, str],
    user: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    index = opens(environ, user)
    with pytest.raises(StoreError, match="refuses these credentials") as refused:
        index.write([listing(1)])
    assert "PATROL_INDEX_API_KEY" in (refused.value.remedy or "")
    told = "".join((str(refused.value), repr(refused.value.__cause__), repr(index), caplog.text, *capfd.readouterr()))
    for secret in environ.values():
        assert secret not in told
        assert base64.b64encode(f"{user}:{secret}".encode()).decode() not in told


def test_an_authority_that_did_not_sign_is_not_trusted(opens: Callable[..., Index], tmp_path: Path) -> None:
    foreign, _ = certificate(tmp_path, "foreign")
    index = opens({"PATROL_INDEX_API_KEY": KEY}, ca=foreign)
    with pytest.raises(StoreError, match="certificate is not trusted") as refused:
        index.count()
    assert "stores.index_ca" in (refused.value.remedy or "")
