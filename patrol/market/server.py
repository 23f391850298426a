"""Serves the three practice sites from one process, each on a port of its own, and counts what it was asked.

`serve` is handed ports, troubles and the wished page weight; it starts a thread and hands back a `Market`, whose `hits` and
`log` tell tests what a crawl asked. Answers are sent as `trouble` wants them: slowly, cut short, or not at all.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, unquote
from weakref import WeakValueDictionary

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from patrol.errors import ReachError
from patrol.market import goods as stock
from patrol.market.addresses import HOST
from patrol.market.answers import NOTHING, Answer, Asked
from patrol.market.bazaar import Bazaar
from patrol.market.goods import SITES, Good
from patrol.market.hammer import Hammer
from patrol.market.padding import padded
from patrol.market.sites import Site
from patrol.market.souk import Souk
from patrol.market.trouble import BLOCKED_NUMBER, WALLED_NUMBER, Snag, Trouble, suffer
from patrol.market.trouble import KINDS as TROUBLES

KINDS: dict[str, type[Site]] = {"bazaar": Bazaar, "hammer": Hammer, "souk": Souk}
TRAPS = {"bazaar": (BLOCKED_NUMBER, "Garden bench, teak, two seats"), "hammer": (WALLED_NUMBER, "Oak hall chair, carved back")}
Scope = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One request as the server saw it; `moment` is monotonic seconds."""

    site: str
    target: str  # path and query
    status: int
    agent: str
    moment: float


class _Line(H11Protocol):
    """uvicorn's HTTP, with a hold on each connection, so that an answer can break off in the middle."""

    lines: ClassVar[WeakValueDictionary[tuple[str, int], asyncio.Transport]] = WeakValueDictionary()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        super().connection_made(transport)
        self.lines[tuple(transport.get_extra_info("peername")[:2])] = transport


class Market:
    """The running practice marketplace; a context manager that stops it."""

    def __init__(
        self, goods: Sequence[Good], sockets: Sequence[socket.socket], *, trouble: Trouble, pad: int, now: datetime
    ) -> None:
        self.trouble = trouble
        self.hits: Counter[str] = Counter()  # "bazaar /item/…" -> times asked
        self.log: deque[Hit] = deque(maxlen=20_000)
        self.ports = {site: held.getsockname()[1] for site, held in zip(SITES, sockets, strict=True)}
        self.origins = {site: f"http://{HOST}:{port}" for site, port in self.ports.items()}
        self.goods = tuple(goods)
        self._pad = pad
        self._site_at = {port: site for site, port in self.ports.items()}
        self.sites = {
            site: KINDS[site](goods, origin=self.origins[site], now=now, traps=_traps(site, goods, trouble)) for site in SITES
        }
        self._sockets = list(sockets)
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            http=_Line,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=(self._sockets,), name="practice-market", daemon=True)

    def start(self) -> Self:
        """Listens; returns once requests are answered."""
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise ReachError("the practice marketplace did not start", where=str(self.ports), remedy="See the lines above")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Stops answering and gives the ports back."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        for held in self._sockets:
            held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def url(self, number: str) -> str:
        """The address of the listing with this id; KeyError where no site has it."""
        for site in self.sites.values():
            if good := site.shelf.by_number.get(number):
                return site.origin + site.item_path(good)
        raise KeyError(number)

    def asked(self, site: str) -> int:
        """How many requests a site has had."""
        return sum(times for key, times in self.hits.items() if key.startswith(f"{site} "))

    async def _app(self, scope: Scope, receive: Any, send: Any) -> None:
        asked = self._read(scope)
        answer = await self._answer(asked)
        if self._pad and not answer.padded:
            answer = replace(answer, body=padded(answer.body, self._pad, asked.target))
        self._note(asked, answer.status)
        await _send(answer, scope, receive, send)

    def _read(self, scope: Scope) -> Asked:
        query = scope["query_string"]
        return Asked(
            site=self._site_at[scope["server"][1]],
            path=unquote(scope["path"]) or "/",
            query=dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else NOTHING,
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        )

    async def _answer(self, asked: Asked) -> Answer:
        site = self.sites[asked.site]
        if asked.path.startswith("/trouble/"):
            return _special(asked, site)
        snag = self.trouble.meet(asked)
        if snag is not None:
            return suffer(snag, asked, site.answer)
        if asked.path.startswith("/img/"):  # drawing takes a while: not on the loop
            return await asyncio.to_thread(site.answer, asked)
        return site.answer(asked)

    def _note(self, asked: Asked, status: int) -> None:
        self.hits[f"{asked.site} {asked.target}"] += 1
        agent = asked.headers.get("user-agent", "")
        self.log.append(Hit(site=asked.site, target=asked.target, status=status, agent=agent, moment=time.monotonic()))


def _special(asked: Asked, site: Site) -> Answer:
    """`/trouble/<kind>[/<value>]`: that trouble on a page of the goods, or on the results where it concerns those."""
    kind, _, value = asked.path.removeprefix("/trouble/").partition("/")
    if kind not in TROUBLES:
        return site.missing()
    snag = Snag(kind=kind, value=value or None)
    if kind in ("endless", "decoys"):
        return suffer(snag, asked, site.results)
    target = asked.query.get("of") or site.item_path(next(good for good in site.shelf.goods if good.status == "live"))
    return suffer(snag, replace(asked, path=target, query=NOTHING), site.answer)


def _traps(site: str, goods: Sequence[Good], trouble: Trouble) -> tuple[Good, ...]:
    """The cards among the results that lead to a block page or a login wall, where the troubles hold one."""
    number, title = TRAPS.get(site, ("", ""))
    if not number or not trouble.waits_at(site, number):
        return ()
    model = next(good for good in goods if good.site == site and good.status == "live")
    return (replace(model, number=number, title=title, language="en", object=f"trap-{number}"),)


async def _send(answer: Answer, scope: Scope, receive: Any, send: Any) -> None:
    line = _Line.lines.get(tuple(scope["client"]))
    if answer.drop and line is not None:
        line.abort()
        await _gone(receive)
        return
    headers = {"content-type": answer.content_type, "content-length": str(len(answer.body)), **answer.headers}
    start = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": start})
    if answer.cut and line is not None:
        await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
        line.close()
        await _gone(receive)
        return
    if answer.seconds:
        await _trickle(answer, send)
    await send({"type": "http.response.body", "body": b"" if answer.seconds else answer.body})


async def _gone(receive: Any) -> None:
    """Waits until the server has noticed that the connection is closed; it would complain of an unfinished answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _trickle(answer: Answer, send: Any) -> None:
    """The body in twenty helpings, spread over the seconds that the answer names."""
    step = max(1, len(answer.body) // 20)
    for at in range(0, len(answer.body), step):
        await asyncio.sleep(answer.seconds / 20)
        await send({"type": "http.response.body", "body": answer.body[at : at + step], "more_body": True})


def _bound(ports: Sequence[int]) -> list[socket.socket]:
    held: list[socket.socket] = []
    for port in ports:
        # asyncio sends small answers at once (TCP_NODELAY) only on sockets that name their protocol
        one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
        except OSError as fault:
            for other in (*held, one):
                other.close()
            raise ReachError(
                f"the practice marketplace cannot listen there: {fault.strerror}",
                where=f"{HOST}:{port}",
                remedy="Stop what listens there, or give other ports (0 takes a free one)",
            ) from fault
        held.append(one)
    return held


def serve(
    ports: Sequence[int] = (0, 0, 0),
    trouble: Iterable[Snag] = (),
    *,
    pad: int = 0,
    copies: int = 1,
    now: datetime | None = None,
) -> Market:
    """Starts the three sites (bazaar, hammer, souk) on 127.0.0.1 and returns them running.

    `ports` 0 takes free ones; `pad` is the wished median size of pages in bytes (0: as they are); `copies` multiplies the
    goods; `now` is the moment from which ages and closing times are counted (default: the clock). ReachError where a port is
    taken.
    """
    goods = stock.load(copies=copies)
    return Market(goods, _bound(ports), trouble=Trouble(trouble), pad=pad, now=now or datetime.now(UTC)).start()
