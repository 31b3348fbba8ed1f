"""riskml export and riskml verify: other forms of an artifact, its signature, and what it reads."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as written
from cryptography.hazmat.primitives.asymmetric import ed25519
from typer.testing import CliRunner, Result

from riskml.cli import app
from riskml.scorer.opening.artifact import read_artifact
from small_models import small_models


def riskml(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "artifact"
    made.mkdir()
    for name, data in small_models()[0].items():
        (made / name).write_bytes(data)
    return made


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """A private and a public key as openssl writes them."""
    key = ed25519.Ed25519PrivateKey.generate()
    private, public = tmp_path / "private.pem", tmp_path / "public.pem"
    pem, plain = written.Encoding.PEM, written.NoEncryption()
    private.write_bytes(key.private_bytes(pem, written.PrivateFormat.PKCS8, plain))
    public.write_bytes(key.public_key().public_bytes(pem, written.PublicFormat.SubjectPublicKeyInfo))
    return private, public


def test_an_artifact_is_packed_and_unpacked(folder: Path, tmp_path: Path) -> None:
    digest = read_artifact(folder).digest
    packed = riskml("export", folder, "--pack", tmp_path / "one.riskml")
    assert (packed.exit_code, packed.output) == (0, f"{tmp_path / 'one.riskml'}: packed, digest {digest}\n")
    assert riskml("export", tmp_path / "one.riskml", "--unpack", tmp_path / "again").exit_code == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == small_models()[0]


def test_a_signature_comes_first_and_goes_into_the_pack(folder: Path, tmp_path: Path, keys: tuple[Path, Path]) -> None:
    private, public = keys
    done = riskml("export", folder, "--pack", tmp_path / "one.riskml", "--sign", private)
    assert done.exit_code == 0
    assert done.output.splitlines()[0].startswith(f"{folder}: signed, public key ")
    for place in (folder, tmp_path / "one.riskml"):
        checked = riskml("verify", place, "--public-key", public)
        assert checked.exit_code == 0
        assert checked.output.startswith(f"{place}: sound, signed by that key\ndigest ")


def test_verify_refuses_what_the_key_has_not_signed(folder: Path, keys: tuple[Path, Path]) -> None:
    unsigned = riskml("verify", folder, "--public-key", keys[1])
    assert unsigned.exit_code == 1
    assert "is not signed, but a public key was given" in unsigned.stderr
    no_key = riskml("verify", folder, "--public-key", folder / "model.json")
    assert no_key.exit_code == 1
    assert "larger than" in no_key.stderr or "no public key in PEM" in no_key.stderr


def test_verify_says_what_an_artifact_is_and_reads(folder: Path) -> None:
    done = riskml("verify", folder, "--schema")
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert lines[0] == f"{folder}: sound"
    assert lines[1] == f"digest {read_artifact(folder).digest}"
    assert lines[2].startswith(
        "fail within 90 days, 27 features, 6 trees; trained to 2025-01-01, expires on 2026-01-01"
    )
    assert "site        area           number                    days; 0 to any; read by 1 feature" in lines
    street = next(line for line in lines if line.startswith("site        street"))
    assert street.endswith("40 values: street 0, street 1, street 2, street 3, street 4, street 5, street 6, street 7, "
                           "...; read by 2 features")  # fmt: skip
    assert any(line.startswith("events      code           text              needed") for line in lines)


def test_a_damaged_artifact_is_neither_verified_nor_exported(folder: Path, tmp_path: Path) -> None:
    (folder / "trees.bin").write_bytes(b"")
    for words in (["verify"], ["export", "--pack", tmp_path / "one"], ["export", "--unpack", tmp_path / "two"]):
        done = riskml(words[0], folder, *words[1:])
        assert done.exit_code == 1
        assert "trees.bin was changed after it was written" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["artifact"]


def test_export_without_a_door_or_into_the_wrong_kind_of_place_is_wrong_usage(folder: Path, tmp_path: Path) -> None:
    nothing = riskml("export", folder)
    assert nothing.exit_code == 2
    assert "say what to write: --pack FILE" in nothing.stderr
    into = riskml("export", folder, "--pack", folder)
    assert into.exit_code == 2
    assert "is a folder; a packed artifact is one file" in into.stderr
    (tmp_path / "file").write_bytes(b"")
    onto = riskml("export", folder, "--unpack", tmp_path / "file")
    assert onto.exit_code == 2
    assert "is a file; an artifact is unpacked into a folder" in onto.stderr


def test_a_folder_packed_anew_loses_an_old_signature(folder: Path, tmp_path: Path, keys: tuple[Path, Path]) -> None:
    private, public = keys
    riskml("export", folder, "--pack", tmp_path / "unsigned.riskml")
    riskml("export", folder, "--sign", private)
    riskml("export", tmp_path / "unsigned.riskml", "--unpack", folder)
    assert not (folder / "signature.json").exists()
    assert riskml("verify", folder, "--public-key", public).exit_code == 1
