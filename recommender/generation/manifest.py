"""The manifest of a generation: what it is, and the size and SHA-256 of each of its files."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from recommender.errors import IndexCorrupt, IndexFormat, IndexMismatch, IndexMissing
from recommender.generation.layout import FORMAT, Layout
from recommender.storage import read_json, sha256_of, sync_file, sync_folder, write_file

_NO_CHECKSUM = "0" * 64
_TAIL = len('0"\n}\n') + 63
"""Bytes from the checksum to the end of the file."""


@dataclass(frozen=True)
class FileEntry:
    """A file's size in bytes and its SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a generation was made of.

    `embedder` has `model`, `fingerprint`, `dim`, `runtime`, the text `recipe`, the `background` of cosines between
    unrelated texts, the trust in the model by `languages` (see `fluency`), and the `folder` of a model that was named
    by it; `counts` are numbers of stories, headlines, links, rejected records and so on; `journal` is the position up
    to which live changes are in; `boilerplate` are keys of the lines that many stories shared, so that a live change is
    read without them as well.
    """

    name: str
    built_at: str
    rows: int
    embedder: dict[str, Any]
    analysis: str
    corpora: list[dict[str, Any]]
    counts: dict[str, int]
    journal: int = 0
    dense: dict[str, Any] = field(default_factory=dict)
    quality: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    boilerplate: list[str] = field(default_factory=list)
    format: int = FORMAT
    files: dict[str, FileEntry] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """What finds the model again: the folder that was named, or its name."""
        return str(self.embedder.get("folder") or self.embedder["model"])

    @property
    def size(self) -> int:
        """Bytes on disk, the manifest left out."""
        return sum(entry.size for entry in self.files.values())

    def check_embedder(self, fingerprint: str) -> None:
        """Refuse an embedder whose vectors are others than those of this generation.

        Raises:
            IndexMismatch: its fingerprint is another.
        """
        made_with = self.embedder["fingerprint"]
        if fingerprint != made_with:
            raise IndexMismatch(
                f"generation {self.name} was made with the embedder {made_with}, the one at hand is {fingerprint}: "
                "use that model, or rebuild with `recommender build`"
            )


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """List the folder's files, make them durable, and write the manifest last."""
    layout = Layout(folder)
    names = sorted(path for path in folder.rglob("*") if path.is_file() and path != layout.manifest)

    def entry(path: Path) -> FileEntry:
        sync_file(path)
        return FileEntry(path.stat().st_size, sha256_of(path))

    with ThreadPoolExecutor() as pool:
        files = dict(zip((path.relative_to(folder).as_posix() for path in names), pool.map(entry, names), strict=True))
    complete = Manifest(**{**vars(manifest), "files": files})
    for inner in {path.parent for path in names}:
        sync_folder(inner)
    write_file(layout.manifest, _signed(asdict(complete)))
    return complete


def _signed(content: dict[str, Any]) -> bytes:
    """The manifest's file: its last field is the SHA-256 of all its bytes, with zeros in that field's place."""
    text = (json.dumps({**content, "checksum": _NO_CHECKSUM}, ensure_ascii=False, indent=2) + "\n").encode()
    return text.replace(_NO_CHECKSUM.encode(), hashlib.sha256(text).hexdigest().encode())


def _check(path: Path) -> None:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise IndexCorrupt(f"{path}: cannot be read ({error.strerror})") from None
    said = text[-_TAIL : -_TAIL + 64]
    found = hashlib.sha256(text[:-_TAIL] + _NO_CHECKSUM.encode() + text[-_TAIL + 64 :]).hexdigest()
    if said != found.encode():
        raise IndexCorrupt(f"{path}: has SHA-256 {found}, it says {said.decode('ascii', 'replace')}: it was altered")


def read_manifest(folder: Path) -> Manifest:
    """Read a generation's manifest.

    Raises:
        IndexMissing: the folder has none.
        IndexFormat: another format version.
        IndexCorrupt: it is no manifest.
    """
    path = Layout(folder).manifest
    if not path.exists():
        raise IndexMissing(f"{folder} holds no generation (no {path.name})")
    content = read_json(path)
    version = content.get("format") if isinstance(content, dict) else None
    if version != FORMAT:
        raise IndexFormat(
            f"{folder} has format {version!r}, this version of the recommender reads {FORMAT}: "
            "rebuild the index with `recommender build`, or use the version that wrote it"
        )
    _check(path)
    try:
        files = {name: FileEntry(**entry) for name, entry in content.pop("files").items()}
        known = {item.name for item in fields(Manifest)}  # a later version may say more within the same format
        return Manifest(**{name: value for name, value in content.items() if name in known}, files=files)
    except (AttributeError, KeyError, TypeError) as error:
        raise IndexCorrupt(f"{path}: is no manifest of format {FORMAT} ({error})") from None


def verify_files(folder: Path, manifest: Manifest, checksums: bool = True) -> None:
    """Compare every file with the manifest.

    Raises:
        IndexCorrupt: one is missing, has another size or another checksum.
    """

    def check(item: tuple[str, FileEntry]) -> str | None:
        name, entry = item
        path = folder / name
        try:
            size = path.stat().st_size
            if size != entry.size:
                return f"{path}: has {size} bytes, the manifest says {entry.size}"
            if checksums and (found := sha256_of(path)) != entry.sha256:
                return f"{path}: has SHA-256 {found}, the manifest says {entry.sha256}"
        except OSError as error:
            return f"{path}: cannot be read ({error.strerror})"
        return None

    with ThreadPoolExecutor() as pool:
        problems = [problem for problem in pool.map(check, manifest.files.items()) if problem]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise IndexCorrupt(
            f"{problems[0]}{more}: the generation was altered; "
            "promote another (`recommender index list`) or build it again"
        )
