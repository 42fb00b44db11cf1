"""No output replaces an input: files are compared by what they are, not by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pointfuse.errors import OutputError


def keep_inputs(
    outputs: Mapping[str, Iterable[Path]],
    inputs: Iterable[Path],
    cleared: Iterable[Path] = (),
) -> None:
    """Check before a run that no output file is also an input file.

    Files are the same if the system says so, whatever their names: links, other spellings, other
    cases of letters.

    Parameters
    ----------
    outputs : mapping of str to iterable of Path
        All files that are going to be written, by the option that names them.
    inputs : iterable of Path
        All files that are read.
    cleared : iterable of Path
        Folders whose content is removed.

    Raises
    ------
    OutputError
        If an output is an input or another output, or an input lies in a folder that is cleared.
    """
    read = [path for path in inputs if path.is_file()]
    identities = {_identity(path) for path in read}
    named: dict[tuple[int, int] | Path, tuple[str, Path]] = {}
    for option, paths in outputs.items():
        for path in paths:
            place = _identity(path) or path.resolve()
            if place in identities:
                raise OutputError(f"{path} is one of the files to read; name another one to write")
            other, before = named.setdefault(place, (option, path))
            if before is not path:
                raise OutputError(
                    f"{other} and {option} name the same file, {path}; name another one to write"
                )
    folders = {_identity(folder): folder for folder in cleared if folder.is_dir()}
    for path in read:
        for parent in path.resolve().parents if folders else ():
            if _identity(parent) in folders:
                raise OutputError(
                    f"the file to read {path} lies in {folders[_identity(parent)]}, which is "
                    "cleared; move it, or name another file to write"
                )


def _identity(path: Path) -> tuple[int, int] | None:
    """What the system knows a file by; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
