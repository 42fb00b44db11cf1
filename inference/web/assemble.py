"""Put the page together: its own files, the runtime, models, example and coasts in one folder.

`build.js` names all files with their hashes, by which service_worker.js keeps them.

    python assemble.py FOLDER

It needs Python alone, and what `npm ci` has fetched. Any web server can serve the folder; serve.py
does so on this computer.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RUNTIME = HERE / "node_modules" / "onnxruntime-web" / "dist"


def models_for_browsers() -> list[Path]:
    """A file of each model, as page.js chooses it: that in single precision, or else the first.

    Models of any place need what a page does not have.
    """
    manifest = json.loads((ROOT / "models" / "manifest.json").read_text(encoding="utf-8"))
    chosen: dict[str, dict[str, str]] = {}
    for model in manifest["models"]:
        if model.get("anywhere"):
            continue
        if model["name"] not in chosen or model["precision"] == "fp32":
            chosen[model["name"]] = model
    return [ROOT / "models" / model["file"] for model in chosen.values()]


MODULES = sorted((HERE / "js").rglob("*.js"))
FILES = {
    "": [
        HERE / "index.html",
        HERE / "style.css",
        HERE / "service_worker.js",
        ROOT / "LICENSE",
        ROOT / "NOTICE",
    ],
    **{
        folder.relative_to(HERE).as_posix(): [path for path in MODULES if path.parent == folder]
        for folder in sorted({path.parent for path in MODULES})
    },
    "onnxruntime": [
        RUNTIME / "ort.wasm.min.mjs",
        RUNTIME / "ort-wasm-simd-threaded.mjs",
        RUNTIME / "ort-wasm-simd-threaded.wasm",
        HERE / "onnxruntime-LICENSE",
    ],
    "models": [ROOT / "models" / "manifest.json", *models_for_browsers()],
    "examples": [ROOT / "examples" / "air_quality.csv", ROOT / "examples" / "weather.csv"],
}
"""Files by the folder of the page in which they are."""


BUILD = "build.js"
NOT_KEPT = (BUILD, "service_worker.js")
"""Files that browsers look after themselves."""


def describe(folder: Path) -> None:
    """Write the list of the files of a folder, with their hashes and one of all.

    Parameters
    ----------
    folder : Path
        A page that is put together.
    """
    files = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in NOT_KEPT
    }
    of_all = hashlib.sha256(json.dumps(files).encode()).hexdigest()
    build = json.dumps({"hash": of_all, "files": files}, indent=1)
    (folder / BUILD).write_text(f"self.BUILD = {build};\n", encoding="utf-8")


def assemble(folder: Path) -> None:
    """Put the page together in a folder, which is replaced.

    Raises
    ------
    FileNotFoundError
        If a file is missing, such as those of npm.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for name, files in FILES.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy(file, folder / name)
    with zipfile.ZipFile(ROOT / "inference" / "pointfuse" / "grid" / "natural_earth.npz") as stored:
        stored.extractall(folder / "natural_earth")
    describe(folder)


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
