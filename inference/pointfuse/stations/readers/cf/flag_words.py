"""What the words of a quality flag say of a value: whether it is to be rejected.

The words are those of QARTOD, OceanSITES, SeaDataNet and the networks of air quality. Some judge
(good, failed), some name a fault (spike, maintenance) that a value has or was tested for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


_BAD = _words(
    "bad suspect suspected suspicious fail failed fails erroneous invalid invalidated questionable",
    "doubtful dubious rejected reject unreliable unusable implausible impossible improbable",
    "inconsistent incorrect wrong faulty corrupt corrupted excluded removed discarded nok nogood",
    "unacceptable unphysical unrealistic abnormal poor void voided insufficient",
)
_GOOD = _words(
    "good pass passed passes ok okay valid accepted acceptable correct clean normal reliable",
    "usable plausible consistent",
)
_FAULTS = _words(
    "failure error errors missing absent unavailable fault malfunction spike spikes spiked stuck",
    "frozen flatline outlier outliers anomalous anomaly flagged out outside exceeded exceeds",
    "beyond saturated saturation contaminated contamination maintenance calibration doubt",
    "question standby warmup",
)
# What nobody has judged, or was made in another way, is a value all the same.
_DONE = _words("evaluated checked tested performed applied assessed")
_UNDONE = _words("unevaluated unchecked untested")
_NEITHER = _DONE | _UNDONE | _words(
    "unknown validated verified approved confirmed corrected unflagged nominal raw provisional",
    "preliminary interpolated estimated changed adjusted filled detection",
)  # fmt: skip
_NOT = _words("not no non without free")
_TESTS = _words("test tests check checks")
_IN = _words("within inside in")
_LIMITS = _words(
    "range ranges limit limits bound bounds tolerance spec specification specifications operation"
)
_NOTHING = _words(
    "data value values measurement observation available use used recommended trusted"
)
"""What a value lacks that is said not to have it, such as no_data or do_not_use."""
_SEEN = _words("detected found present observed")
_ABSENT = _words("free none absent off")
_FALSE = _words("no false")
_BETWEEN = _words("is are flag status state mode") | _TESTS
_KNOWN = _BAD | _GOOD | _FAULTS | _NEITHER | _SEEN


@dataclass
class _Claim:
    """What one word says of a value, at its place: bad or good, as a verdict or by a fault."""

    place: int
    bad: bool
    verdict: bool


def rejects(meaning: str) -> bool | None:
    """Whether the meaning of a flag rejects a value; None where it is not understood.

    A verdict goes before the name of what was tested for; words that contradict each other
    otherwise are not understood.

    >>> rejects("probably_bad"), rejects("not_evaluated"), rejects("purple")
    (True, False, None)
    >>> rejects("spike_test_passed"), rejects("error_free"), rejects("good_or_bad")
    (False, False, None)
    """
    words = [word.lower() for word in re.findall("[A-Z]+(?![a-z])|[A-Z]?[a-z]+", meaning)]
    claims = _claims(words)
    verdicts = [claim for claim in claims if claim.verdict]
    # What stands before a test is what was tested, if its result follows.
    test = next((place for place, word in enumerate(words) if word in _TESTS), -1)
    if any(verdict.place > test for verdict in verdicts):
        verdicts = [verdict for verdict in verdicts if verdict.place > test]
    found = {verdict.bad for verdict in verdicts}
    if len(found) > 1:
        return None
    if found == {True}:
        return True
    faults = [claim.place for claim in claims if claim.bad and not claim.verdict]
    if found == {False}:
        first = min(verdict.place for verdict in verdicts)
        open_faults = [
            place for place in faults if place > first and not _TESTS.intersection(words[place:])
        ]
        return None if open_faults else False
    faults = [place for place in faults if place >= _undone(words)]
    if claims or faults:
        return bool(faults)
    return False if _says_neither(words) else None


def _claims(words: list[str]) -> list[_Claim]:
    """What the words say one by one, after the negations among them."""
    claims: list[_Claim] = []
    negated = nothing = inside = False
    for place, word in enumerate(words):
        last = claims[-1] if claims and _is_of(words, claims[-1].place, place) else None
        if last and (
            (word in _ABSENT and last.bad) or (word in _FALSE and place == len(words) - 1)
        ):
            last.bad = not last.bad
            negated = False
            continue
        if word in _BAD or word in _FAULTS:
            claims.append(_Claim(place, not negated, word in _BAD))
            nothing = False
        elif word in _GOOD and not _LIMITS.intersection(words[place + 1 : place + 2]):
            claims.append(_Claim(place, negated, True))
        elif word in _LIMITS and inside:
            claims.append(_Claim(place, negated, True))
            negated = inside = False
        elif word in _NOTHING and negated:
            nothing = True
        elif word in _SEEN and negated and claims:
            claims[-1].bad = not claims[-1].bad  # as in spike_not_detected
        inside = inside or word in _IN
        if word in _NOT:
            negated = True
        elif word in _KNOWN:
            negated = negated and nothing
    if nothing:
        claims.append(_Claim(len(words), True, True))
    return claims


def _is_of(words: list[str], claim: int, place: int) -> bool:
    """Whether a word stands behind that of a claim, but for such as flag or status."""
    return set(words[claim + 1 : place]) <= _BETWEEN


def _undone(words: list[str]) -> int:
    """Place of the last word that says that a test was not made; 0 if there is none."""
    places = [
        place
        for place, word in enumerate(words)
        if word in _UNDONE or (word in _DONE and _NOT.intersection(words[:place]))
    ]
    return max(places, default=0)


def _says_neither(words: list[str]) -> bool:
    """Whether words say how a value was made, or that nobody has judged it, as no_qc does."""
    return not _NEITHER.isdisjoint(words) or ("qc" in words and not _NOT.isdisjoint(words))
