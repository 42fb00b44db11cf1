"""Station files of every format, damaged at random: read, refused, or a fault of the reader.

    python -m pointfuse_benchmarks.robustness.mutated_station_files
    python -m pointfuse_benchmarks.robustness.mutated_station_files --files 20000 --seed 7

Each file is one of `samples`, changed once or a few times as `MUTATIONS` say: cut, with bytes
flipped, lines lost or repeated, cells of another kind, in another encoding. It is read in a process
of its own, which may end (a library that crashes) or not end. A file must be read to observations
that can be (no infinite value, codes that can be printed, places on Earth, times of our age), or
be refused in one sentence; some of what was read is fused. Any other end is printed, with the seed
that makes the file again, and the exit code is 1.
"""

from __future__ import annotations

import gzip
import json
import random
import signal
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np

from pointfuse import Model, Observations, fuse, load_model, read_stations
from pointfuse.errors import InputError, PointfuseError
from pointfuse_benchmarks.robustness.station_file_samples import HISTORY, HOURS, Sample, samples

_MODULE = "pointfuse_benchmarks.robustness.mutated_station_files"

LONGEST = 300
"""Characters of a refusal, or of a remark."""

_SECONDS = 60
"""After which a file counts as one that keeps the process busy."""

_FUSED = 30
"""Every so many files of a kind that are read one is fused too."""

_ODD_CELLS = (
    *("", "-", "NA", "nan", "inf", "-inf", "1e400", "-999", "9999", "99999999999999999999", "0"),
    *("x", "É", "\ufffd", '"', '""', "'", "\\N", "#N/A", "1_0", "1,5", "0x10", "\x1b[31m"),
    *("\uff11\uff12", "\u0663"),  # digits of other scripts, which Python reads
    *("2019-01-06", "2019-02-30", "06/01/2019", "0001-01-01T00:00+14:00", "9999-12-31", "20190106"),
    *("116.4", "39.9", "-180", "361", "PM2.5", "pm25", "365", "24", "=1+1", "a" * 5000),
)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _without_part(content: bytes, chance: random.Random) -> bytes:
    first = chance.randrange(len(content) + 1)
    return content[:first] + content[first + chance.randrange(40) :]


def _with_noise(content: bytes, chance: random.Random) -> bytes:
    first = chance.randrange(len(content) + 1)
    return content[:first] + chance.randbytes(chance.randrange(20)) + content[first:]


def _with_repeated_part(content: bytes, chance: random.Random) -> bytes:
    first = chance.randrange(len(content) + 1)
    return content[:first] + content[chance.randrange(first + 1) :]


def _other_lines(content: bytes, chance: random.Random) -> bytes:
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    at = chance.randrange(len(lines))
    change = chance.randrange(4)
    if change == 0:
        del lines[at]
    elif change == 1:
        lines.insert(at, chance.choice(lines))
    elif change == 2:
        chance.shuffle(lines)
    else:
        lines.insert(at, b"\n")
    return b"".join(lines)


def _other_cell(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    at = chance.randrange(len(lines))
    separator = chance.choice((b",", b",", b",", b";", b"\t"))
    cells = lines[at].split(separator)
    cells[chance.randrange(len(cells))] = chance.choice(_ODD_CELLS).encode("utf-8", "replace")
    lines[at] = separator.join(cells)
    return b"\n".join(lines)


def _other_column(content: bytes, chance: random.Random) -> bytes:
    """All cells of a column of one kind, or the column gone."""
    lines = content.split(b"\n")
    at, cell = chance.randrange(6), chance.choice(_ODD_CELLS).encode("utf-8", "replace")
    gone, first = chance.random() < 0.3, chance.randrange(2)
    for number in range(first, len(lines)):
        cells = lines[number].split(b",")
        if at < len(cells):
            cells[at : at + 1] = [] if gone else [cell]
        lines[number] = b",".join(cells)
    return b"\n".join(lines)


def _other_encoding(content: bytes, chance: random.Random) -> bytes:
    text = content.decode("utf-8", "replace")
    encoding = chance.choice(("utf-16", "utf-8-sig", "gb18030", "latin-1", "shift_jis", "utf-32"))
    return text.encode(encoding, "replace")


def _other_separator(content: bytes, chance: random.Random) -> bytes:
    return content.replace(b",", chance.choice((b";", b"\t", b"|", b", ", b"")))


def _packed(content: bytes, chance: random.Random) -> bytes:
    return _flipped(gzip.compress(content, mtime=0), chance)


def _other_file(content: bytes, chance: random.Random) -> bytes:
    other = chance.choice([*samples().values()]).content
    return chance.choice((content + other, other[: len(other) // 2] + content, other))


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_cut, _cut, _flipped, _flipped, _without_part, _with_noise, _with_repeated_part),
    *(_other_lines, _other_lines, _other_cell, _other_cell, _other_cell, _other_column),
    *(_other_encoding, _other_separator, _packed, _other_file),
)


def mutated(kind: str, seed: str) -> Sample:
    """A sample, damaged as a seed says."""
    chance = random.Random(f"{kind} {seed}")
    sample = samples()[kind]
    content = sample.content
    if content.startswith(b"\x1f\x8b") and chance.random() < 0.7:
        content = gzip.decompress(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        content = chance.choice(MUTATIONS)(content, chance)
    return sample._replace(content=content)


def outcome(sample: Sample, folder: Path, model: Model | None = None) -> str:
    """How the reading of a file ends.

    Parameters
    ----------
    sample : Sample
        The file.
    folder : Path
        Where it is written.
    model : Model, optional
        What fuses its observations.

    Returns
    -------
    str
        ``read``, ``read in part``, ``refused``, or what is wrong.
    """
    path = folder / sample.name
    path.write_bytes(sample.content)
    hours, history = folder / "hours of the list.csv", folder / "history of the file.csv"
    hours.write_text(HOURS)
    history.write_text(HISTORY + '"1001","A","+40","+116"\n')
    files, stations = (hours, path) if sample.is_list else (path, history)
    try:
        observations = read_stations(files, stations=stations, min_hours=1, low_cost=True)
        if model is not None:
            _fused(observations, model)
    except PointfuseError as error:
        text = str(error)
        if "\n" in text or len(text) > LONGEST:
            return f"a refusal of {len(text)} characters: {text[:LONGEST]!r}"
        return "refused"
    except Exception as error:  # what this is about
        return f"{type(error).__name__}: {error}"
    finally:
        path.unlink()
    wrong = _wrong(observations)
    remarks = [remark for file in observations.files for remark in file.remarks]
    if remarks and len(max(remarks, key=len)) > LONGEST:
        return f"a long remark: {max(remarks, key=len)[:LONGEST]!r}"
    return wrong or ("read in part" if remarks else "read")


def _wrong(observations: Observations) -> str:
    """What cannot be in observations; nothing if all can."""
    stations, times = observations.stations, observations.times
    for name, table in observations.values.items():
        if np.isinf(table).any():
            return f"an infinite value of {name}"
    east, north = stations.longitude, stations.latitude
    known = np.isfinite(east) & np.isfinite(north)
    if (np.isnan(east) != np.isnan(north)).any() or np.isinf(east).any():
        return "half a place"
    places = (np.abs(east) <= 360) & (np.abs(north) <= 360)
    if not places[known].all():
        return f"a place at {east[known & ~places][0]}, {north[known & ~places][0]}"
    if not all(code and code.isprintable() for code in stations.code.tolist()):
        return "a code that cannot be printed"
    if len(times) and not (times[0] >= np.datetime64("1900") and times[-1] < np.datetime64("2200")):
        return f"times from {times[0]} to {times[-1]}"
    return ""


def _fused(observations: Observations, model: Model) -> None:
    try:
        fields = fuse(observations, model)
    except InputError:  # sound, but with nothing on the grid
        return
    if not (np.isfinite(fields.values).all() and fields.values.min() >= 0):
        raise ValueError("a field with values that cannot be")


def _child(kind: str, seed: int, first: int, last: int) -> None:
    """Read files, and print an end a line."""
    warnings.simplefilter("error")
    model = load_model(device="cpu", threads=1)
    read = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            signal.alarm(_SECONDS)
            fusing = model if read % _FUSED == _FUSED - 1 else None
            end = outcome(mutated(kind, f"{seed} {number}"), Path(folder), fusing)
            read += end in ("read", "read in part")
            print(json.dumps([number, end]), flush=True)


def _ends(kind: str, seed: int, count: int) -> Iterator[tuple[int, str]]:
    """Number and end of each file of a kind, read by processes that may be lost."""
    first = 0
    while first < count:
        arguments = [kind, str(seed), str(first), str(count)]
        command = [sys.executable, "-m", _MODULE, "--child", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        for line in done.stdout.splitlines():
            number, end = json.loads(line)
            first = number + 1
            yield number, end
        if first < count:
            errors = (done.stderr.strip().splitlines() or [""])[-1]
            busy = done.returncode == -signal.SIGALRM
            yield first, "kept busy" if busy else f"process lost ({done.returncode}): {errors}"
            first += 1


@click.command()
@click.option("--files", default=10_000, show_default=True, help="Files in all.")
@click.option("--seed", default=0, show_default=True)
@click.option("--child", nargs=4, hidden=True)
def main(files: int, seed: int, child: tuple[str, str, str, str] | None) -> None:
    """Read damaged station files of every format, and count how that ends."""
    if child is not None:
        kind, *numbers = child
        _child(kind, *map(int, numbers))
        return
    each = -(-files // len(samples()))
    good = ("read", "read in part", "refused")
    faults = 0
    print(f"| file | {' | '.join(good)} | faults |\n{'| --- ' * 5}|")
    for kind in samples():
        counts: Counter[str] = Counter()
        for number, end in _ends(kind, seed, each):
            counts[end if end in good else "fault"] += 1
            if end not in good:
                print(f"{kind}, seed '{seed} {number}': {end}", file=sys.stderr)
        faults += counts["fault"]
        print(f"| {kind} | {' | '.join(str(counts[end]) for end in (*good, 'fault'))} |")
    print(f"\n{each * len(samples())} files, {faults} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
