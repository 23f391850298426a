"""The index: one protocol (`index.py`), one grammar (`query.py`), engines behind both. Triage writes what the ledger holds
and the desk reads pages; nothing here is the truth, all of it can be rebuilt from the ledger."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from patrol.config.settings import Stores
from patrol.search.index import Index


def open_index(stores: Stores, data: Path, environ: Mapping[str, str] | None = None) -> Index:
    """The index that the settings name, else the embedded one in the home's data folder; who opens it closes it.

    `environ` may hold PATROL_INDEX_API_KEY or PATROL_INDEX_PASSWORD (None: the process's own). UsageError for an address that
    is none, StoreError for a secret or certificate that cannot be read; whether the server answers shows at the first call.
    """
    if stores.index is None:
        from patrol.search.embedded import EmbeddedIndex  # its numpy is nothing for those who only name a document

        return EmbeddedIndex(data / "index")
    from patrol.search.elastic import ElasticIndex  # the client takes a third of a second, for those alone who have a server
    from patrol.search.elastic_client import Address, Credentials

    credentials = Credentials.found(
        os.environ if environ is None else environ,
        key_file=stores.index_api_key_file,
        password_file=stores.index_password_file,
        ca=stores.index_ca,
    )
    return ElasticIndex(Address.read(stores.index), credentials)
