"""Which Chromium is taken, and that it can reach the card's hosts alone."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import async_playwright

from patrol.errors import ReachError
from patrol.fetch.browser import find_chromium, flags, pins, require_chromium


def program(folder, name):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_named_one_comes_first_then_installed_ones_then_playwrights(tmp_path):
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)}
    assert find_chromium(environ) is None
    with pytest.raises(ReachError, match="no Chromium or Chrome is installed"):
        require_chromium(environ)
    cached = program(tmp_path, ".cache/ms-playwright/chromium-1200/chrome-linux/chrome")
    assert find_chromium(environ) == cached
    installed = program(tmp_path, "bin/google-chrome")
    assert find_chromium(environ) == installed
    shell = program(tmp_path, "bin/chromium-headless-shell")
    assert find_chromium(environ) == shell
    assert find_chromium(environ | {"PATROL_CHROMIUM": str(installed)}) == installed
    with pytest.raises(ReachError, match="cannot be started"):
        find_chromium(environ | {"PATROL_CHROMIUM": "/no/such"})


def test_hosts_are_pinned_to_their_checked_addresses():
    assert asyncio.run(pins(["127.0.0.1:8401", "127.0.0.1:8402"], loopback=True)) == ["EXCLUDE 127.0.0.1"]
    assert asyncio.run(pins(["8.8.8.8", "localhost"], loopback=False)) == ["MAP 8.8.8.8 8.8.8.8"]
    with pytest.raises(ReachError, match="private"):
        asyncio.run(pins(["localhost"], loopback=False))


def test_sandbox_and_pictures(tmp_path):
    assert "--no-sandbox" not in flags([], pictures=True, root=False)
    assert "--no-sandbox" in flags([], pictures=True, root=True)
    assert any("imagesEnabled=false" in flag for flag in flags([], pictures=False, root=False))


@pytest.mark.browser
def test_the_browser_reaches_no_other_host():
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.headers["Host"].partition(":")[0], self.path))
            body = b"<img src=/a.png><script>fetch('http://localhost:%d/b').catch(e => 0)</script>" % self.server.server_port
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    async def visit(rules):
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=str(require_chromium()), args=flags(rules, pictures=False, root=True)
            )
            page = await browser.new_page()
            try:
                await page.goto(f"http://127.0.0.1:{server.server_port}/", wait_until="networkidle")
            finally:
                await browser.close()

    asyncio.run(visit(["EXCLUDE 127.0.0.1"]))
    assert ("127.0.0.1", "/") in asked
    assert not [entry for entry in asked if entry[0] == "localhost" or entry[1] == "/a.png"]
    asked.clear()
    with pytest.raises(Exception, match="ERR_NAME_NOT_RESOLVED"):
        asyncio.run(visit([]))
    assert asked == []
    server.shutdown()
    server.server_close()
