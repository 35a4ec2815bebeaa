"""The certificates made for trying TLS out."""

import ipaddress
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tests.cli import run_here
from workstation.central import certificates
from workstation.errors import Refused

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def read(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_a_certificate_for_names_and_addresses_signed_by_its_authority(tmp_path):
    made = certificates.make(tmp_path / "tls", ["central.example.org", "10.0.0.5", "fd00::5"], NOW, days=90)
    certificate, authority = read(made.certificate), read(made.authority)
    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["central.example.org"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("10.0.0.5"),
        ipaddress.ip_address("fd00::5"),
    ]
    assert certificate.not_valid_before_utc <= NOW
    assert certificate.not_valid_after_utc == made.ends_at == NOW + timedelta(days=90)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes; the folder's own rights protect there")
def test_nobody_else_may_read_the_keys(tmp_path):
    made = certificates.make(tmp_path / "tls", ["central.example.org"], NOW)
    assert made.key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tls" / certificates.AUTHORITY_KEY).stat().st_mode & 0o777 == 0o600
    assert made.certificate.stat().st_mode & 0o777 == 0o644, "the account of the server reads it"


def test_the_same_folder_again_renews_under_the_same_authority(tmp_path):
    first = certificates.make(tmp_path, ["central.example.org"], NOW)
    before = read(first.certificate), first.authority.read_bytes()
    again = certificates.make(tmp_path, ["central.example.org"], NOW + timedelta(days=300))
    assert (first.is_same_authority, again.is_same_authority) == (False, True)
    assert again.authority.read_bytes() == before[1]
    assert read(again.certificate).not_valid_after_utc > before[0].not_valid_after_utc
    read(again.certificate).verify_directly_issued_by(read(again.authority))


def test_no_certificate_outlives_its_authority(tmp_path):
    certificates.make(tmp_path, ["central.example.org"], NOW)
    made = certificates.make(tmp_path, ["central.example.org"], NOW + timedelta(days=3_600), days=3_650)
    assert made.ends_at == read(made.authority).not_valid_after_utc
    with pytest.raises(Refused, match="has expired"):
        certificates.make(tmp_path, ["central.example.org"], NOW + timedelta(days=3_651))


@pytest.mark.parametrize("host", ["", "two words", "postgresql://db", "a" * 64, "-\n", "10.0.0.5:5432"])
def test_what_is_no_host_is_refused(tmp_path, host):
    with pytest.raises(Refused, match="no name and no address"):
        certificates.make(tmp_path / "tls", [host], NOW)
    assert not (tmp_path / "tls").exists()


@pytest.mark.parametrize("name", [certificates.AUTHORITY, certificates.AUTHORITY_KEY])
@pytest.mark.parametrize("content", [None, b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_damaged_authority_is_refused_and_left_as_it_is(tmp_path, name, content):
    certificates.make(tmp_path, ["central.example.org"], NOW)
    if content is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(content)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(Refused, match="do not belong together or are damaged"):
        certificates.make(tmp_path, ["central.example.org"], NOW)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_another_authoritys_key_is_refused(tmp_path):
    certificates.make(tmp_path / "a", ["central.example.org"], NOW)
    certificates.make(tmp_path / "b", ["central.example.org"], NOW)
    (tmp_path / "a" / certificates.AUTHORITY_KEY).write_bytes(
        (tmp_path / "b" / certificates.AUTHORITY_KEY).read_bytes()
    )
    with pytest.raises(Refused, match="do not belong together"):
        certificates.make(tmp_path / "a", ["central.example.org"], NOW)


def test_the_command_says_what_to_write_where_and_that_it_is_for_trying_out(tmp_path):
    finished = run_here("admin", "certificate", "--out", str(tmp_path / "tls"), "--host", "central.example.org")
    assert (finished.status, finished.err) == (0, "")
    assert "for trying out" in finished.out
    for line in (
        "ssl = on",
        f"ssl_cert_file = '{tmp_path}/tls/server.crt'",
        f"ssl_key_file = '{tmp_path}/tls/server.key'",
    ):
        assert f"    {line}\n" in finished.out
    answer = run_here("--json", "admin", "certificate", "--out", str(tmp_path / "tls"), "--host", "10.0.0.5").answer
    assert (answer["hosts"], answer["is_same_authority"]) == (["10.0.0.5"], True)
    for wrong in (("--host", "a b"), ("--host", "a", "--days", "0"), ()):
        assert run_here("admin", "certificate", "--out", str(tmp_path / "tls"), *wrong).is_told()
    (tmp_path / "file").touch()
    refused = run_here("admin", "certificate", "--out", str(tmp_path / "file" / "tls"), "--host", "a")
    assert refused.status == 1
    assert refused.is_told()
