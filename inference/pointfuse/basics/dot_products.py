"""Find out if the processor has 8-bit integer dot products (VNNI, ARM).

With them integers are faster than floating point numbers, without them they are slower.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

# Of x86 (VNNI, in registers of 512 and of 256 bits) and of ARM (dot products and matrices).
_FEATURES = {"avx512_vnni", "avx_vnni", "asimddp", "i8mm"}

_CPUINFO = Path("/proc/cpuinfo")


def has_integer_dot_products(cpuinfo: Path = _CPUINFO) -> bool:
    """Whether all processors of this machine have such instructions; no where it is not known.

    Parameters
    ----------
    cpuinfo : Path
        Linux' description of the processors.
    """
    try:
        lines = cpuinfo.read_text(errors="replace").splitlines()
    except OSError:
        # All of Apple's own processors in computers have them.
        return sys.platform == "darwin" and platform.machine() == "arm64"
    features = [
        set(value.split())
        for name, _, value in (line.partition(":") for line in lines)
        if name.strip() in ("flags", "Features")
    ]
    return bool(features) and all(_FEATURES & of_one for of_one in features)
