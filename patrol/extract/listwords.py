"""Words by which a list on a page says what it is about: another thing than the object, a field of its own, a shop's item number.

`labelled` passes over the lists and lines that these name; `beside` finds availability and item numbers by them. In the
languages of the marketplaces that are watched.
"""

from __future__ import annotations

import re


def _any(patterns: str) -> str:
    return "|".join(line.strip() for line in patterns.splitlines() if line.strip())


# Names of a container (id, class) whose lists are not the object's.
OTHER_BLOCK = re.compile(
    _any(
        r"""
        shipping|delivery|versand|lieferung|livraison|spedizion|verzend|dostav|returns?(?:$|[\s_-])|payment|zahlung|paiement
        size-?(?:guide|chart|table)|review|rating|comment|question|faq|q-?and-?a|seller|vendor|store-?(?:info|list|hours)|contact
        opening|hours|cart(?:$|[\s_-])|checkout|login|register|newsletter|subscri|cookie|consent|share|social|breadcrumb|filter
        facet|swatch|variant|option|quantity|price|instal(?:l?ment)|financ|bid-?(?:history|list)|countdown|timer|warranty|loyalty
        product-?(?:list|grid|card|tile)|compar
        """
    ),
    re.IGNORECASE,
)
# Headings above a list that is not the object's.
OTHER_HEADING = re.compile(
    _any(
        r"""
        \b(?:shipping|delivery|postage|returns?|refund|payment|size (?:guide|chart)|sizing|reviews?|ratings?|questions?|faq)\b
        \b(?:related|similar|recommended|compare|customers? also|you may also|more from|about the (?:seller|shop|store)|seller)\b
        \b(?:contact|opening hours|store hours|bid(?:ding)? history|bids|follow us|newsletter|warranty|financing)\b
        versand|lieferung|rückgabe|zahlung|größentabelle|bewertung|fragen|ähnliche|kund(?:en|innen) .{0,12}auch|auch gefallen
        verkäufer|anbieter|kontakt|öffnungszeiten|gebote\b|vergleich
        livraison|expédition|retours?\b|paiement|guide des tailles|\bavis\b|similaires|aimerez aussi|vendeur|horaires|enchères
        env[ií]os?\b|devoluci|\bpagos?\b|guía de tallas|opiniones|relacionad|similares|vendedor|horario|pujas
        spedizion|consegna|resi\b|pagament|guida alle taglie|recensioni|simili|correlat|venditore|orari\b|offerte\b
        verzend|bezorg|retour|betaal|maattabel|beoordeling|vergelijkbare|verkoper|openingstijden|biedingen
        entrega|devoluç|pagamento|avaliaç|relacionad|dostaw|zwrot|płatno|opinie|podobn|sprzedaw|doprav|doručen|platb|hodnocen|recenz
        доставк|оплат|возврат|отзыв|похож|продав|контакт|配送|送料|支払|レビュー|関連|出品者|付款|评价|評價|運費
        """
    ),
    re.IGNORECASE,
)
# Labels of what is a field of its own, the shop's conditions, or a control; never an attribute of the object.
OTHER_NAME = re.compile(
    r"^(?:"
    + _any(
        r"""
        (?:(?:our|sale|list|unit|your|retail|regular|total|final|old|new|current|starting) )?(?:price|total|subtotal)\b
        price|rrp|msrp|you save|savings?|discount|tax|vat\b|mwst
        shipping|delivery|postage|dispatch|handling|returns?|refund|payment
        warranty|garant[iyií]|gwarancj|гаранти|import[ae]nt|contacts?|kontakt
        .*(?:kundenbewertung|best-?sell|angebot von|電話|地址|住所)
        estimated|quantity|qty|amount|availab|in stock|stock\b|rating|reviews?|bewertung|customer reviews|best sellers?|date first
        ended|lead time|customi[sz]ation|our model|model(?:.s| is| height)|share|tags?$
        follow|seller|sold by|vendor|location|posted|updated|views|bids?|time left|ends|listed|phone|e-?mail|contact|address
        fulfil|questions?|asin$|popularity|viewed|points?$|loyalty|your |select|choose|please|note|categor(?:y|ies)$|kategorien?$
        preis|versand|lieferzeit|lieferung|menge|anzahl|verfügbar|lagerbestand|verkäufer|anbieter|standort|teilen|bestand|rückgabe|rating
        prix|livraison|quantité|disponib|listino|vendeur|expédi|retours?|paiement|partager|catégorie|avis
        precio|env[ií]o|cantidad|vendedor|devoluci|pago|compartir|categor[ií]a|opiniones
        prezzo|spedizion|quantità|venditore|consegna|pagament|condividi|recension
        prijs|verzend|aantal|beschikbaar|voorraad|verkoper|levertijd|bezorg|delen|categorie
        preço|quantidade|entrega|vendido|cena\b|cijena|wysyłka|dostaw|ilość|dostępno|kategori|sprzedaw|dostupn|doprav|množstv|razpoložl
        dobav|zaloga|količin|sklad(?:em|om)?\b|poštovn|saatavuus|hinta|toimitus|pris\b|levering|leverans|lager|antal
        rok dobav|מחיר|телефон|адрес
        цена|доставк|наличи|количеств|продав|категори|оплат|価格|送料|数量|在庫|支払|配送|价格|價格|运费|運費|库存|庫存|數量|数量
        """
    )
    + r")",
    re.IGNORECASE,
)
DAYS = re.compile(
    r"^(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|mo|di|mi|"
    r"do|fr|sa|so|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|s[áa]bado|domingo|"
    r"(?:lune|marte|mercole|giove|vener)dì|sabato|domenica|(?:maan|dins|woens|donder|vrij|zater|zon)dag|пн|вт|ср|чт|пт|сб|вс)"
    r"\.?(?:\s?[-–—/&]\s?\w+\.?)?$",
    re.IGNORECASE,
)
# A label whose value is the shop's number of the object, and one whose value is its state of preservation.
NUMBER = re.compile(
    r"^(?:sku|(?:item|product|article|stock|catalogue|inventory|listing|ref(?:erence)?|ad|lot) ?"
    r"(?:no|nr|number|num|id|code|#|№)\b|"
    r"ref(?:\.|erence)?$|id$|"
    r"(?:art(?:ikel)?|best(?:ell)?|produkt|inserats?|anzeigen|objekt|angebots)[\s.-]*(?:nr|nummer|id|code)|r[ée]f(?:[ée]rence)?\b|"
    r"referencia|c[óo]d(?:igo|ice)?(?:[\s.]|$)|cod\b|codice|šifra|kat\. ?č|kód|kod (?:produktu|towaru)|nr\.? (?:katalogowy|art)|"
    r"артикул|арт\.|код(?: товара| товару)?$|商品(?:番号|コード|編號|编号)|管理番号|品番|貨號|货号|מק.?ט|קוד מוצר)",
    re.IGNORECASE,
)
CONDITION = re.compile(
    r"^(?:(?:item )?condition|(?:artikel)?zustand|[ée]tat|estado|condizion[ei]|stato|staat|conditie|stan|stav|состояние|стан|"
    r"商品の状態|状態|skick|tilstand|kunto|condição)$",
    re.IGNORECASE,
)
TAB = re.compile(r"tab|panel|pane|accordion|collaps|expand|toggle|content", re.IGNORECASE)
