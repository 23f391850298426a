"""compose.yaml as far as it can be told without a container engine: loopback, volumes, checks, no secret."""

from __future__ import annotations

from pathlib import Path

import yaml


def test_the_servers_listen_on_loopback_keep_volumes_and_hold_no_secret(root: Path) -> None:
    text = (root / "compose.yaml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    assert set(found["services"]) == {"postgres", "elasticsearch"}
    for service in found["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert all(volume.partition(":")[0] in found["volumes"] for volume in service["volumes"])
        assert service["healthcheck"]["test"]
        assert service["env_file"] == "patrol.env"
        assert not any("PASSWORD" in name for name in service["environment"])
    assert "patrol.env" in (root / ".gitignore").read_text(encoding="utf-8").split()
