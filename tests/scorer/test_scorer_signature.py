"""A signature holds an artifact to a key: unsigned, another key's and changed ones are refused once a key is given."""

import json
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as written
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from riskml.errors import InputError
from riskml.export.packing import unpack_into, write_pack
from riskml.export.signing import sign
from riskml.scorer import ArtifactError
from riskml.scorer.opening.artifact import read_artifact
from riskml.scorer.opening.manifest import MANIFEST, canonical, manifest
from riskml.scorer.opening.packed import SIGNATURE, pack
from small_models import small_models

OURS, THEIRS = (ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
PKCS8, PEM = written.PrivateFormat.PKCS8, written.Encoding.PEM


def public(key: ed25519.Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(PEM, written.PublicFormat.SubjectPublicKeyInfo)


def private(key: ed25519.Ed25519PrivateKey, password: bytes | None = None) -> bytes:
    encryption = written.BestAvailableEncryption(password) if password else written.NoEncryption()
    return key.private_bytes(PEM, PKCS8, encryption)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "artifact"
    made.mkdir()
    for name, data in small_models()[0].items():
        (made / name).write_bytes(data)
    return made


@pytest.fixture
def signed(folder: Path) -> Path:
    assert sign(folder, private(OURS)) == OURS.public_key().public_bytes_raw().hex()
    return folder


def test_a_signed_artifact_loads_with_its_key_and_without(signed: Path, tmp_path: Path) -> None:
    (tmp_path / "public.pem").write_bytes(public(OURS))
    for key in (None, public(OURS), tmp_path / "public.pem", str(tmp_path / "public.pem")):
        assert read_artifact(signed, public_key=key).header.name == "small"


def test_the_signature_is_plain_ed25519_of_the_manifest(signed: Path) -> None:
    table = json.loads((signed / SIGNATURE).read_bytes())
    OURS.public_key().verify(bytes.fromhex(table["signature"]), (signed / MANIFEST).read_bytes())
    assert bytes.fromhex(table["signature"]) == OURS.sign((signed / MANIFEST).read_bytes())


def test_the_signature_goes_into_the_pack_and_comes_out_again(signed: Path, tmp_path: Path) -> None:
    write_pack(signed, tmp_path / "model.riskml")
    unpack_into(tmp_path / "model.riskml", tmp_path / "again")
    for place in (tmp_path / "model.riskml", tmp_path / "again"):
        read_artifact(place, public_key=public(OURS))
        read_artifact(place)
    assert (tmp_path / "again" / SIGNATURE).read_bytes() == (signed / SIGNATURE).read_bytes()


def test_a_pack_is_signed_where_it_lies(folder: Path, tmp_path: Path) -> None:
    write_pack(folder, tmp_path / "model.riskml")
    (tmp_path / "link").symlink_to(tmp_path / "model.riskml")
    sign(tmp_path / "link", private(THEIRS))
    sign(tmp_path / "link", private(OURS))
    assert (tmp_path / "link").is_symlink()
    read_artifact(tmp_path / "model.riskml", public_key=public(OURS))


def test_an_unsigned_artifact_is_refused(folder: Path, tmp_path: Path) -> None:
    write_pack(folder, tmp_path / "model.riskml")
    for place in (folder, tmp_path / "model.riskml"):
        with pytest.raises(ArtifactError, match="is not signed, but a public key was given"):
            read_artifact(place, public_key=public(OURS))


def test_a_signature_of_another_key_is_refused(signed: Path) -> None:
    with pytest.raises(ArtifactError, match=r"is signed by the key .* not by the one given"):
        read_artifact(signed, public_key=public(THEIRS))
    table = json.loads((signed / SIGNATURE).read_bytes())
    table["public_key"] = THEIRS.public_key().public_bytes_raw().hex()
    (signed / SIGNATURE).write_bytes(canonical(table))
    with pytest.raises(ArtifactError, match="does not fit the manifest"):
        read_artifact(signed, public_key=public(THEIRS))


def test_a_changed_artifact_with_right_checksums_is_refused(signed: Path, tmp_path: Path) -> None:
    files = {name: (signed / name).read_bytes() for name in small_models()[0]}
    files["model.json"] = files["model.json"].replace(b'"slope":1.25', b'"slope":1.75')
    files[MANIFEST] = manifest(files)
    files[SIGNATURE] = (signed / SIGNATURE).read_bytes()
    (tmp_path / "model.riskml").write_bytes(pack(files))
    assert read_artifact(tmp_path / "model.riskml").header.calibration.slope == 1.75
    with pytest.raises(ArtifactError, match="does not fit the manifest"):
        read_artifact(tmp_path / "model.riskml", public_key=public(OURS))


def test_a_changed_file_under_a_good_signature_is_refused(signed: Path) -> None:
    text = (signed / "model.json").read_bytes()
    (signed / "model.json").write_bytes(text.replace(b'"slope":1.25', b'"slope":1.75'))
    with pytest.raises(ArtifactError, match=r"model\.json was changed after it was written"):
        read_artifact(signed, public_key=public(OURS))


def test_any_bit_of_the_signature_counts(signed: Path) -> None:
    good = (signed / SIGNATURE).read_bytes()
    for place in range(0, len(good), 5):
        (signed / SIGNATURE).write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(ArtifactError):
            read_artifact(signed, public_key=public(OURS))
    read_artifact(signed)


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "none"},
        {"version": 2},
        {"format": "other"},
        {"signature": ""},
        {"signature": "00" * 63},
        {"signature": None},
        {"signature": "zz"},
        {"public_key": 7},
        {"public_key": "AB" * 32},
        {"more": 1},
    ],
)
def test_a_malformed_signature_is_refused_with_a_key_and_ignored_without(
    signed: Path, change: dict[str, object]
) -> None:
    table = json.loads((signed / SIGNATURE).read_bytes()) | change
    (signed / SIGNATURE).write_bytes(canonical(table))
    with pytest.raises(ArtifactError, match=r"signature|signed"):
        read_artifact(signed, public_key=public(OURS))
    read_artifact(signed)


@pytest.mark.parametrize("content", [b"", b"\x00", b"[]\n", b"null\n", b"[" * 4000, b"x" * 5000, b'{"a":1,"a":1}\n'])
def test_a_signature_file_of_anything_is_refused_with_a_key_and_ignored_without(signed: Path, content: bytes) -> None:
    (signed / SIGNATURE).write_bytes(content)
    with pytest.raises(ArtifactError):
        read_artifact(signed, public_key=public(OURS))
    read_artifact(signed)


def test_a_signature_file_that_is_a_link_is_refused(signed: Path, tmp_path: Path) -> None:
    (signed / SIGNATURE).rename(tmp_path / "elsewhere")
    (signed / SIGNATURE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match="must be a plain file"):
        read_artifact(signed, public_key=public(OURS))


def test_a_key_that_is_none_is_refused(signed: Path, tmp_path: Path) -> None:
    other = rsa.generate_private_key(65537, 2048)
    text = other.public_key().public_bytes(PEM, written.PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(InputError, match="must be an Ed25519 key, got RSAPublicKey"):
        read_artifact(signed, public_key=text)
    for wrong in (b"", b"no pem", private(OURS)):
        with pytest.raises(InputError, match="this is no public key in PEM"):
            read_artifact(signed, public_key=wrong)
    with pytest.raises(InputError, match="cannot be read"):
        read_artifact(signed, public_key=tmp_path / "nowhere.pem")
    (tmp_path / "giant.pem").write_bytes(b"-" * 20_000)
    with pytest.raises(InputError, match="larger than the 16384 bytes"):
        read_artifact(signed, public_key=tmp_path / "giant.pem")


def test_signing_needs_a_private_ed25519_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = rsa.generate_private_key(65537, 2048).private_bytes(PEM, PKCS8, written.NoEncryption())
    with pytest.raises(InputError, match="must be an Ed25519 key, got RSAPrivateKey"):
        sign(folder, other)
    for wrong in (b"", public(OURS), private(OURS, b"secret")):
        with pytest.raises(InputError, match="no private key in PEM that can be opened"):
            sign(folder, wrong)
    monkeypatch.setenv("RISKML_KEY_PASSWORD", "secret")
    sign(folder, private(OURS, b"secret"))
    read_artifact(folder, public_key=public(OURS))
    monkeypatch.setenv("RISKML_KEY_PASSWORD", "wrong")
    with pytest.raises(InputError, match="can be opened"):
        sign(folder, private(OURS, b"secret"))


def test_a_damaged_artifact_is_not_signed(folder: Path) -> None:
    (folder / "trees.bin").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"trees\.bin was changed"):
        sign(folder, private(OURS))
    assert not (folder / SIGNATURE).exists()


def test_without_cryptography_one_line_says_what_to_install(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "cryptography"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    for door in (lambda: read_artifact(signed, public_key=b"any"), lambda: sign(signed, b"any")):
        with pytest.raises(InputError, match=r'pip install "riskml\[sign\]"'):
            door()
    assert read_artifact(signed).header.name == "small"
