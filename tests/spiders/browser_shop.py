"""A shop that exists only after JavaScript ran, and ways to kill what renders it."""

import json
import os
from pathlib import Path

from spider_world import listing

SHOP = """<html><head><title>Shop</title></head><body><ul id="list"></ul><script>
let page = 0, busy = false;
async function more() {
  if (busy || page > 3) return; busy = true;
  const rows = await (await fetch('/api/list?page=' + page)).json(); page += 1; busy = false;
  for (const n of rows) {
    const card = document.createElement('li'); card.className = 'card'; card.style.height = '900px';
    card.innerHTML = `<a href="/item/${n}.html">Schist head no. ${n}</a>`; document.getElementById('list').append(card);
  }
}
more(); addEventListener('scroll', () => { if (scrollY + innerHeight > document.body.scrollHeight - 900) more(); });
</script><img src="/never.png"><script src="http://elsewhere.example/tracker.js"></script></body></html>"""

ITEM = """<html><head><title>Item</title></head><body><div id="root"></div><script>
fetch('/api%(path)s').then(a => a.json()).then(row => {
  const data = document.createElement('script'); data.type = 'application/ld+json';
  data.textContent = JSON.stringify(row.product);
  document.head.append(data); document.getElementById('root').innerHTML = '<h1 class="there">' + row.product.name + '</h1>';
});
</script></body></html>"""


def product(number):
    page = listing(number)
    start = page.index('ld+json">') + 9
    return json.loads(page[start : page.index("</script>", start)])


def fill(site, unit):
    """The unit's shop with twelve listings behind one results page that loads on scrolling."""
    site.pages["/search?page=1"] = SHOP
    for page in range(4):
        numbers = list(range(100000 + page * 3, 100003 + page * 3))
        site.pages[f"/api/list?page={page}"] = (200, {"Content-Type": "application/json"}, json.dumps(numbers))
        for number in numbers:
            path = f"/item/{number}.html"
            site.pages[path] = ITEM % {"path": path}
            site.pages["/api" + path] = (200, {"Content-Type": "application/json"}, json.dumps({"product": product(number)}))
    unit.market |= {"reach": "browser", "browser": {"wait_for": "h1.there, li.card"}}
    unit.settings["manners"] = {"timeout": 8, "retries": 1}
    return unit


def is_browser(words):
    return b"--remote-debugging-pipe" in words and not any(word.startswith(b"--type=") for word in words)


def is_driver(words):
    return b"run-driver" in words


def processes(ancestor, wanted):
    """Numbers of the living processes below `ancestor` whose command line is `wanted`."""
    numbers = (int(process.name) for process in Path("/proc").glob("[0-9]*"))
    return [number for number in numbers if wanted(command_line(number)) and descends(number, ancestor)]


def hit(ancestor, wanted, number):
    """Sends a signal to those processes; says how many there were."""
    found = processes(ancestor, wanted)
    for process in found:
        os.kill(process, number)
    return len(found)


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def descends(pid, ancestor):
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            return False
    return False
