"""The timer of docs/guide/deploy.md, in a systemd of its own, makes the field of yesterday."""

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import netCDF4
import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "guide" / "deploy.md").read_text(encoding="utf-8")
MANAGER = Path(__file__).with_name("systemd_manager.sh")
CANNOT = 77

# What the document starts; then the service is waited for, as long as a busy machine may take.
COMMAND = """
set -eu
{enable}
systemctl --user list-timers --no-pager --all
for _ in $(seq 240); do
    [ -n "$(systemctl --user show --value -p ExecMainExitTimestamp pm25.service)" ] && break
    sleep 0.5
done
systemctl --user show -p Result -p ExecMainStatus -p ProtectSystem pm25.service
"""


def block(language: str, holding: str) -> str:
    found = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    (text,) = [each for each in found if holding in each]
    return text


def group_folders() -> set[Path]:
    return set(Path("/sys/fs/cgroup").rglob("*timer-test-*"))


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("systemctl") and Path("/usr/lib/systemd/systemd").exists()),
    reason="systemd is not installed",
)
def test_the_timer_makes_the_field_of_yesterday(tmp_path: Path) -> None:
    opt, data, units = tmp_path / "opt", tmp_path / "data", tmp_path / "units"

    def here(text: str) -> str:
        return text.replace("/opt/pointfuse", str(opt)).replace("/var/lib/pm25", str(data))

    # The script of the document, with the pointfuse of these tests.
    (opt / "current" / "bin").mkdir(parents=True)
    program = opt / "current" / "bin" / "pointfuse"
    paths = os.pathsep.join(each for each in sys.path if each)
    program.write_text(f'#!/bin/sh\nPYTHONPATH={paths!r} exec {sys.executable} -m pointfuse "$@"\n')
    program.chmod(0o755)
    subprocess.run(["sh", "-euc", here(block("sh", "cat > /opt/pointfuse/fuse-day"))], check=True)

    # Both around midnight: the manager's clock is ours.
    today = datetime.datetime.now().astimezone().date()
    for day in (today, today - datetime.timedelta(days=1)):
        table = data / "in" / str(day) / "stations.csv"
        table.parent.mkdir(parents=True)
        rows = [f"S{i},{105 + i},36,{day},{30 + i}\n" for i in range(8)]
        table.write_text("station,longitude,latitude,date,pm25\n" + "".join(rows))

    # The units of the document; a manager of a user has no other users, and the night is now.
    units.mkdir()
    service = here(block("ini", "ExecStart="))
    assert "\nUser=pm25\n" in service
    (units / "pm25.service").write_text(service.replace("User=pm25\n", ""))
    (units / "pm25.timer").write_text(block("ini", "OnCalendar="))
    (units / "pm25.timer.d").mkdir()
    (units / "pm25.timer.d" / "now.conf").write_text("[Timer]\nOnActiveSec=1\nAccuracySec=100ms\n")
    enable = block("sh", "systemctl enable").replace("systemctl ", "systemctl --user ")

    unshare = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork"]
    unshare += ["--kill-child", "--mount-proc"]
    done = subprocess.run(
        [*unshare, "bash", MANAGER, tmp_path, "sh", "-c", COMMAND.format(enable=enable)],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        env={"PATH": os.environ["PATH"]},
    )
    said = f"{done.stdout}\n{done.stderr}"
    assert group_folders() == set(), "groups of the manager were left behind"
    if done.returncode == CANNOT or done.stderr.startswith("unshare: "):
        pytest.skip(f"no manager of systemd can run here: {said.strip()[-300:]}")
    assert done.returncode == 0, said
    assert re.search(r"pm25\.timer +pm25\.service", done.stdout), said
    shown = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert shown["Result"] == "success", said
    assert (shown["ExecMainStatus"], shown["ProtectSystem"]) == ("0", "strict")

    (field,) = (data / "out").glob("*.nc")
    day = field.stem.removeprefix("pm25_")
    assert day in (str(today), str(today - datetime.timedelta(days=1)))
    with netCDF4.Dataset(field) as dataset:
        assert dataset["stations/station_pm25"][:].count() == 8
        assert dataset["pm25"][:].count() == dataset["pm25"].size
    log = json.loads((data / "log" / f"{day}.json").read_text())
    assert (log["device"], log["days"][0]["day"]) == ("cpu", day)
    # It has started at boot from now on.
    assert (tmp_path / "config/systemd/user/timers.target.wants/pm25.timer").is_symlink()
