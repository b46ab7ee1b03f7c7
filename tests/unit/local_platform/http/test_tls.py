from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local_platform.http.listening import ListenError
from local_platform.http.tls import CertificateError, Tls, context_of
from local_platform.server import Platform, running_platform

NOW = datetime(2026, 3, 10, tzinfo=UTC)
ME = "/v2/api/users/me"


def _strict(certificate: Path) -> ssl.SSLContext:
    """Verify as strictly as clients come."""
    context = ssl.create_default_context(cafile=certificate)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


async def _user(platform: Platform, url: str, **options: Any) -> Any:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {platform.api_key}"}) as session,
        session.get(url + ME, **options) as response,
    ):
        return await response.json()


async def test_a_client_that_verifies_gets_the_same_platform_by_name_and_by_address(tmp_path: Path) -> None:
    async with running_platform(tmp_path, tls=Tls()) as platform:
        assert platform.tls_url is not None
        assert platform.tls_certificate is not None
        trusting = _strict(platform.tls_certificate)
        plain = await _user(platform, platform.url)
        for url in (platform.tls_url, platform.tls_url.replace("127.0.0.1", "localhost")):
            found = await _user(platform, url, ssl=trusting)
            assert found["id"] == plain["id"]
            assert found["_links"]["self"]["href"].startswith(f"{url}/")


async def test_a_client_that_trusts_nobody_here_is_not_served(tmp_path: Path) -> None:
    async with running_platform(tmp_path, tls=Tls()) as platform:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await _user(platform, str(platform.tls_url))


async def test_without_tls_there_is_neither_listener_nor_certificate(tmp_path: Path) -> None:
    async with running_platform(tmp_path) as platform:
        assert (platform.tls_url, platform.tls_certificate) == (None, None)
    assert not (tmp_path / "tls").exists()


def test_the_certificate_is_kept_for_its_owner_alone_and_found_again(tmp_path: Path) -> None:
    _, certificate = context_of(Tls(), tmp_path / "tls", "127.0.0.1", NOW)
    made = certificate.read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "tls").iterdir()} == {0o600}
    assert context_of(Tls(), tmp_path / "tls", "127.0.0.1", NOW + timedelta(days=300))[1].read_bytes() == made


@pytest.mark.parametrize(
    ("host", "later"), [("127.0.0.1", timedelta(days=370)), ("192.0.2.7", timedelta()), ("platform.test", timedelta())]
)
def test_a_certificate_that_will_not_do_is_made_anew(tmp_path: Path, host: str, later: timedelta) -> None:
    _, certificate = context_of(Tls(), tmp_path / "tls", "127.0.0.1", NOW)
    before = certificate.read_bytes()
    context_of(Tls(), tmp_path / "tls", host, NOW + later)
    assert certificate.read_bytes() != before


def test_what_is_no_certificate_is_made_anew_too(tmp_path: Path) -> None:
    _, certificate = context_of(Tls(), tmp_path / "tls", "127.0.0.1", NOW)
    certificate.write_text("scribble")
    context, _ = context_of(Tls(), tmp_path / "tls", "127.0.0.1", NOW)
    assert context.cert_store_stats()["x509"] == 0
    assert "CERTIFICATE" in certificate.read_text()


async def test_a_certificate_of_ones_own_is_used_as_it_is(tmp_path: Path) -> None:
    _, certificate = context_of(Tls(), tmp_path / "mine", "127.0.0.1", datetime.now(UTC))
    own = Tls(certificate=certificate, key=tmp_path / "mine" / "key.pem")
    async with running_platform(tmp_path / "data", tls=own) as platform:
        assert platform.tls_certificate == certificate
        assert "@" in (await _user(platform, str(platform.tls_url), ssl=_strict(certificate)))["email"]
    assert not (tmp_path / "data" / "tls").exists()


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_certificate_that_cannot_be_used_names_the_flags(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "own.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CertificateError, match="check --tls-cert and --tls-key"):
        async with running_platform(tmp_path / "data", tls=Tls(certificate=path)):
            pass


async def test_a_taken_port_is_named_with_the_flag_that_chooses_it(tmp_path: Path) -> None:
    async with running_platform(tmp_path / "a") as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(ListenError, match=rf"port {port} .* choose another with --tls-port"):
            async with running_platform(tmp_path / "b", tls=Tls(port)):
                pass
