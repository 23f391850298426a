"""Amounts as pages write them: `1.600 €`, `€ 20,-`, `3 000 грн.`, `Rs 23,450`, `{"amount": 9995, "currency": "EUR"}`.

The readers of single sources hand text, numbers or small objects here with the page's money context; back come records
Money and Estimate with Decimal amounts in ISO 4217 minor units. price-parser reads the number; which currency a sign
means is decided from the page's and the marketplace's context, and stays None where that says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from price_parser import Price

from patrol.records import Estimate, Money, PriceKind

MINOR_UNITS = {
    **dict.fromkeys(re.findall(r"\w+", "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"), 0),
    **dict.fromkeys(re.findall(r"\w+", "BHD IQD JOD KWD LYD OMR TND"), 3),
}
CODES = frozenset(
    re.findall(
        r"\w+",
        "AED AFN ALL AMD ARS AUD AZN BAM BDT BGN BHD BIF BND BOB BRL BWP BYN CAD CHF CLP CNY COP CRC CUP CZK DJF DKK DOP DZD EGP "
        "ETB EUR FJD GBP GEL GHS GNF GTQ HKD HNL HRK HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KZT LAK LBP "
        "LKR LYD MAD MDL MKD MMK MNT MOP MUR MXN MYR NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF "
        "SAR SEK SGD SYP THB TJS TMT TND TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV XAF XOF XPF YER ZAR ZMW",
    )
)
# Signs that mean one currency wherever they stand.
SIGNS = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "eur": "EUR", "£": "GBP", "₤": "GBP", "us$": "USD", "usd$": "USD", "c$": "CAD",
    "ca$": "CAD", "cdn$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "nt$": "TWD", "s$": "SGD", "r$": "BRL",
    "mx$": "MXN", "ar$": "ARS", "cl$": "CLP", "co$": "COP", "zł": "PLN", "zl": "PLN", "kč": "CZK", "ft": "HUF", "lei": "RON",
    "лв": "BGN", "₴": "UAH", "грн": "UAH", "₽": "RUB", "руб": "RUB", "р": "RUB", "₸": "KZT", "тг": "KZT", "тенге": "KZT",
    "₺": "TRY", "tl": "TRY", "₹": "INR", "₩": "KRW", "원": "KRW", "円": "JPY", "元": "CNY", "人民币": "CNY", "rmb": "CNY",
    "฿": "THB", "บาท": "THB", "៛": "KHR", "₫": "VND", "đ": "VND", "₱": "PHP", "₪": "ILS", "ر.س": "SAR", "د.إ": "AED",
    "د.ك": "KWD", "ر.ق": "QAR", "ج.م": "EGP", "﷼": "IRR", "تومان": "IRR", "؋": "AFN", "fr": "CHF", "sfr": "CHF", "chf": "CHF",
    "rm": "MYR", "rp": "IDR", "₾": "GEL", "֏": "AMD", "₼": "AZN", "৳": "BDT", "₦": "NGN", "pkr": "PKR", "byn": "BYN",
}  # fmt: skip
# Signs that several countries share: the context's currency if it is one of them, else the first where `$` needs an answer.
SHARED = {
    "$": re.findall(r"\w+", "USD CAD AUD NZD HKD SGD TWD MXN ARS CLP COP UYU DOP JMD TTD BND FJD NAD"),
    "kr": re.findall(r"\w+", "SEK NOK DKK ISK"),
    "kr.": re.findall(r"\w+", "DKK NOK SEK ISK"),
    "¥": re.findall(r"\w+", "JPY CNY"),
    "￥": re.findall(r"\w+", "JPY CNY"),
    "rs": re.findall(r"\w+", "PKR INR LKR NPR MUR"),
    "₨": re.findall(r"\w+", "PKR INR LKR NPR MUR"),
    "l": re.findall(r"\w+", "RON MDL"),
    "р": re.findall(r"\w+", "RUB BYN"),
    "руб": re.findall(r"\w+", "RUB BYN"),
    "din": re.findall(r"\w+", "RSD"),
    "ден": re.findall(r"\w+", "MKD"),
    "ريال": re.findall(r"\w+", "SAR QAR YER OMR IRR"),
}
BY_SUFFIX = {
    **dict.fromkeys(
        re.findall(r"\S+", "at be cy de ee es eu fi fr gr ie it lt lu lv mt nl pt si sk hr"),
        "EUR",
    ),
    "uk": "GBP", "ca": "CAD", "au": "AUD", "nz": "NZD", "hk": "HKD", "sg": "SGD", "tw": "TWD", "mx": "MXN", "ar": "ARS",
    "cl": "CLP", "co": "COP", "br": "BRL", "ch": "CHF", "se": "SEK", "no": "NOK", "dk": "DKK", "is": "ISK", "pl": "PLN",
    "cz": "CZK", "hu": "HUF", "ro": "RON", "bg": "BGN", "ua": "UAH", "ru": "RUB", "by": "BYN", "kz": "KZT", "tr": "TRY",
    "il": "ILS", "sa": "SAR", "ae": "AED", "eg": "EGP", "jp": "JPY", "cn": "CNY", "kr": "KRW", "th": "THB", "kh": "KHR",
    "vn": "VND", "my": "MYR", "id": "IDR", "ph": "PHP", "in": "INR", "pk": "PKR", "lk": "LKR", "np": "NPR", "za": "ZAR",
    "rs": "RSD", "us": "USD",
}  # fmt: skip

_CODE = re.compile(r"(?<![A-Za-z])([A-Z]{3})(?![A-Za-z])")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹๐๑๒๓๔๕๖๗๘๙０１２３４５６７８９٫٬", "0123456789" * 4 + ".,")
_NUMBER = re.compile(r"\d{1,3}(?P<by>[ .,'])\d{3}(?:(?P=by)\d{3})*(?!\d)(?:[.,]\d{1,4}(?!\d))?|\d+(?:[.,]\d+)*")
_BLANKS = re.compile(r"[\u00a0\u202f\u2009\u200e\u200f]")
_APART = re.compile(r"\b(US|USD|C|CA|A|AU|NZ|HK|NT|S|R|MX|AR|CL|CO)\s\$")  # AU $99.95
_DASH = re.compile(r"[,.]\s?[-–—]+")  # € 20,-
_LINES = re.compile(r"\s*[\r\n]\s*")
_GROUPED = re.compile(r"^\d{1,3}(?:[.,]\d{3})+$")
_PLAIN = re.compile(r"^-?\d+(?:\.\d+)?$")
_TEN_THOUSAND = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s?[万萬]")


def _bounded(sign: str) -> str:
    """The sign as a pattern: words of letters stand alone, `円` and its like may touch other letters."""
    alone = sign[0].isalpha() and sign[-1].isalpha() and sign[0] < "\u3000"
    return rf"(?<![^\W\d]){re.escape(sign)}(?![^\W\d])" if alone else re.escape(sign)


_SIGN = re.compile("|".join(map(_bounded, sorted({*SIGNS, *SHARED}, key=len, reverse=True))))


@dataclass(frozen=True, slots=True)
class MoneyContext:
    """What the page and the marketplace say about money: default currency, signs' meaning, the host's suffix."""

    currency: str | None = None
    signs: Mapping[str, str] = field(default_factory=dict)
    suffix: str | None = None

    @property
    def local(self) -> str | None:
        """The currency that ambiguous signs are read as."""
        return self.currency or BY_SUFFIX.get(self.suffix or "")


def quantise(amount: Decimal, currency: str | None) -> Decimal:
    """The amount with the currency's minor units, unless that would change its value (or the currency is unknown)."""
    if currency is None:
        return amount
    rounded = amount.quantize(Decimal(1).scaleb(-MINOR_UNITS.get(currency, 2)))
    return rounded if rounded == amount else amount


def currency_of(text: str, context: MoneyContext) -> str | None:
    """The ISO code that a text with an amount, or a bare sign, means here; None where nothing is said."""
    for code in _CODE.findall(text):
        if code in CODES:
            return str(code)
    found = _SIGN.search(_APART.sub(r"\1$", text).lower())
    if found is None:
        return None
    sign = found.group()
    own = context.signs.get(sign) or context.signs.get(sign.upper())
    if own:
        return own
    shared = SHARED.get(sign)
    if shared is None:
        return SIGNS[sign]
    if context.local in shared:
        return context.local
    return shared[0] if sign in ("$", "р", "руб", "din", "ден") or (sign in ("¥", "￥") and context.local is None) else None


def _number(text: str, currency: str | None) -> Decimal | None:
    if _PLAIN.match(text) and not _GROUPED.match(text):
        return Decimal(text)
    if text[:2] in ("0.", "0,"):
        return Decimal(text.replace(",", ".")) if text.count(".") + text.count(",") == 1 else None
    if _GROUPED.match(text) and MINOR_UNITS.get(currency or "") == 3 and text.count(text[-4]) == 1:
        return Decimal(text.replace(",", "."))
    if _GROUPED.match(text) and not text.startswith("0"):
        return Decimal(re.sub(r"[.,]", "", text))
    return Price.fromstring(text).amount


def amounts(text: str, currency: str | None = None) -> list[Decimal]:
    """Every amount that a text names, in order; `currency` says how many decimals a number may have."""
    plain = _BLANKS.sub(" ", text.translate(_DIGITS)).replace("’", "'")
    plain = _TEN_THOUSAND.sub(lambda part: str(int(Decimal(part.group(1).replace(",", "")) * 10_000)), _DASH.sub("", plain))
    found = (_number(part.group().replace("'", ""), currency) for part in _NUMBER.finditer(plain))
    return [amount for amount in found if amount is not None]


def from_number(value: int | float | Decimal) -> Decimal | None:
    """A JSON number as Decimal by its shortest text; None for NaN and infinities."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def money(value: Any, context: MoneyContext, *, kind: PriceKind = PriceKind.ASKING, divide: int = 1) -> Money | None:
    """Money from text, a number, or an object with amount and currency keys; None where no amount is named."""
    hint: str | None = None
    raw = value
    if isinstance(value, Mapping):
        raw, hint = _of_object(value, context)
    if isinstance(raw, bool) or raw is None:
        return None
    text = str(raw).strip()
    currency = hint or currency_of(text, context) or context.local
    amount = from_number(raw) if isinstance(raw, int | float | Decimal) else next(iter(amounts(text, currency)), None)
    if amount is None or amount < 0:
        return None
    said = text if hint is None or currency_of(text, context) else f"{text} {hint}"
    return Money(amount=quantise(amount / divide, currency), currency=currency, kind=kind, raw=_LINES.sub(" ", said)[:200])


def _of_object(value: Mapping[str, Any], context: MoneyContext) -> tuple[Any, str | None]:
    raw = next((value[key] for key in ("amount", "value", "price", "raw") if value.get(key) not in (None, "")), None)
    word = next((value[key] for key in ("currency", "currencyCode", "currency_code", "priceCurrency") if value.get(key)), None)
    if isinstance(raw, Mapping):
        return _of_object(raw, context)
    return raw, currency_of(str(word).strip().upper(), context) or currency_of(str(word), context) if word else None


def estimate(value: Any, context: MoneyContext, *, divide: int = 1) -> Estimate | None:
    """An estimate from `{low, high, currency}` or from text such as `EUR 600 – 1.600`; None where nothing is named."""
    if isinstance(value, Mapping):
        hint = value.get("currency")
        currency = (currency_of(str(hint), context) if hint else None) or context.local
        low, high = (_bound(value.get(key), currency, divide) for key in ("low", "high"))
    else:
        text = str(value or "")
        currency = currency_of(text, context) or context.local
        found = [quantise(amount / divide, currency) for amount in amounts(text, currency)[:2]]
        low, high = (found[0] if found else None), (found[1] if len(found) > 1 else None)
    if low is None and high is None:
        return None
    return Estimate(low=low, high=high, currency=currency)


def _bound(value: Any, currency: str | None, divide: int) -> Decimal | None:
    if value is None or isinstance(value, bool) or value == "":
        return None
    number = from_number(value) if isinstance(value, int | float | Decimal) else next(iter(amounts(str(value), currency)), None)
    return None if not number or number < 0 else quantise(number / divide, currency)
