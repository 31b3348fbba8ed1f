"""An artifact's files into a folder, into one packed file, and back into a folder."""

from collections.abc import Mapping
from pathlib import Path

from riskml.errors import StudyError
from riskml.export.writing import write_whole
from riskml.scorer.opening.artifact import open_artifact
from riskml.scorer.opening.manifest import MANIFEST
from riskml.scorer.opening.packed import SIGNATURE, pack
from riskml.scorer.opening.selftest import run_selftest
from riskml.scorer.opening.stored import read_files


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write an artifact's files; other files in the folder stay, but a signature of what was there before does not.

    Each file is written under a temporary name and renamed. The manifest goes first and comes back last: a killed run
    leaves a folder that the scorer refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in (MANIFEST, SIGNATURE):
        (folder / name).unlink(missing_ok=True)
    for name in sorted(files, key=lambda name: name == MANIFEST):
        write_whole(folder / name, files[name])


def write_pack(artifact: Path, target: Path) -> str:
    """Write an artifact as one file, with its signature if it has one; the same bytes each time.

    Args:
        artifact: its folder, or another pack.
        target: the file to write; it appears whole or not at all.

    Returns:
        The digest (SHA-256) of the artifact, which packing does not change.

    Raises:
        ArtifactError: if the artifact is damaged or fails its self-test.
        StudyError: if target is a folder.
    """
    files, digest = sound_files(artifact)
    if target.is_dir():
        raise StudyError(f"{target} is a folder; a packed artifact is one file, such as {target / 'model.riskml'}")
    write_whole(target, pack(files))
    return digest


def unpack_into(artifact: Path, folder: Path) -> str:
    """Write a packed artifact as a folder; arguments, result and errors as `write_pack`.

    Raises:
        StudyError: if folder is a file.
    """
    files, digest = sound_files(artifact)
    if folder.exists() and not folder.is_dir():
        raise StudyError(f"{folder} is a file; an artifact is unpacked into a folder")
    write_folder(folder, files)
    return digest


def sound_files(artifact: Path) -> tuple[dict[str, bytes], str]:
    """The files of an artifact that loads and passes its self-test, signature.json among them, and its digest.

    Raises:
        ArtifactError: if it does not.
    """
    files = read_files(artifact, signed=True)
    opened = open_artifact(files)
    run_selftest(opened.selftest, opened.trees, opened.header.calibration)
    return files, opened.digest
