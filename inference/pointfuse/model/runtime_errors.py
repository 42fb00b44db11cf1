"""What ONNX Runtime says when it fails, for people.

Its messages hold places in its source, signatures of C++ functions, and names from the file as they
are.
"""

from __future__ import annotations

import re

from pointfuse.basics.printable import beginning, printable

_READ, _SHOWN = 2000, 120
"""Characters of a message that are read, and that are shown."""

_CODE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
_OPERATOR = re.compile(
    r"^Non-zero status code returned while running (\w+) node\..* Status Message: "
)
_NODE = re.compile(r"^This is an invalid model\. (?:In Node, .* , )?(?:Error:? )?")
_LOCATION = re.compile(
    r"\S*\.(?:cc|cpp|cu|cuh|h|hpp):\d+ "  # file and line, and then the function
    r"(?:[^()]*::[^()]*(?:\([^()]*\))+(?: const)?(?: \[[^\]]*\])? |\w+ (?=[A-Z]))?"
)
_CONDITION = re.compile(r"^[^.]* was false\. ")


def reason(error: Exception) -> str:
    """The reason of an error of ONNX Runtime: its first sentence, short and printable.

    Parameters
    ----------
    error : Exception
        As ONNX Runtime raised it.
    """
    text = _CODE.sub("", " ".join(str(error)[:_READ].split()))
    running = _OPERATOR.search(text)
    text = _LOCATION.sub("", text[running.end() :] if running else text)
    text = _CONDITION.sub("", _NODE.sub("", text)).partition(". ")[0].rstrip(".")
    where = f"{running[1]}: " if running else ""
    return beginning(printable(where + text), _SHOWN)
