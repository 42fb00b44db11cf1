/**
 * @module neighbours Buddy check: compare a station with its neighbours, as
 * `inference/pointfuse/stations/quality/neighbours.py` describes it.
 */

import { DEVIATIONS } from "./hour_checks.js";
import { levelOffset } from "./levels.js";

/** Farthest neighbour, m; a metre of height sets stations apart as so many metres of distance do. */
const [REACH, HEIGHT_RATIO] = [200e3, 200];
/** The nearest stations are asked, and with fewer the value is not tested. */
const [MOST_NEIGHBOURS, FEWEST_NEIGHBOURS] = [6, 3];
/** Most that a value may differ from its neighbours, in units of the expected difference. */
const TOLERANCE = 2;
/** Expected difference (log) of a station from neighbours at no distance, and its growth. */
const [NEAR_SPREAD, SPREAD_PER_METRE] = [0.25, 1.5e-6];
/** For gases that a chimney or a road makes differ more from place to place. */
const NEAR_SPREADS = { so2: 0.45, no2: 0.5, co: 0.3 };
/** Neighbours up to here (m) can vouch for a value that differs: so many of them, by so much of it. */
const SUPPORT_REACH = 50e3;
const [SUPPORT_DIFFERENCE, SUPPORT_SHARE] = [0.5, 1 / 3];
const PASSES = 4;
// More than are asked, since some have no value on a day or are suspect themselves.
const CANDIDATES = 24;

/**
 * Expected difference (log) of a variable from neighbours at no distance.
 * @param {string} name
 * @returns {number}
 */
export function nearSpread(name) {
  return NEAR_SPREADS[name] ?? NEAR_SPREAD;
}

/**
 * The nearest other stations in distance and height.
 * @param {{x: number, y: number, height: number}[]} places in the plane of the projection, m, and
 *   above the sea, m; all the same where that is not known
 * @returns {{station: number, distance: number}[][]} of each station its neighbours within reach, nearest
 *   first, with the difference in height counted in
 */
export function findNeighbours(places) {
  // In single precision, as the package has it, so that the order is the same.
  const axes = places.map(({ x, y, height }) => [x, y, HEIGHT_RATIO * height].map(Math.fround));
  const eastward = [...places.keys()].sort((one, other) => places[one].x - places[other].x);
  const neighbours = Array(places.length);
  let first = 0;
  eastward.forEach((station) => {
    while (places[station].x - places[eastward[first]].x > REACH + 1) first += 1;
    const near = [];
    for (let i = first; i < eastward.length; i += 1) {
      const other = eastward[i];
      if (places[other].x - places[station].x > REACH + 1) break;
      const distance = other === station ? Infinity : apart(axes[station], axes[other]);
      if (distance <= REACH) near.push({ station: other, distance });
    }
    near.sort((one, other) => one.distance - other.distance);
    neighbours[station] = near.slice(0, CANDIDATES);
  });
  return neighbours;
}

function apart(one, other) {
  let squared = 0;
  for (let axis = 0; axis < one.length; axis += 1) {
    const difference = Math.fround(one[axis] - other[axis]);
    squared = Math.fround(squared + Math.fround(difference * difference));
  }
  return Math.fround(Math.sqrt(squared));
}

/**
 * Find values that their neighbours contradict.
 *
 * A value is predicted by the median of its neighbours on a logarithmic scale. Suspect values are
 * asked no longer, and all are compared again, so that a bad station does not condemn the good ones
 * around it.
 * @param {Float64Array} values concentrations of a day by station; NaN where missing
 * @param {{station: number, distance: number}[][]} neighbours whom to ask
 * @param {number} spread expected difference (log) from neighbours at no distance
 * @returns {{suspect: boolean[], tested: boolean[]}} which values are contradicted, and which had
 *   neighbours enough to tell, or one close by that says the same
 */
export function compareWithNeighbours(values, neighbours, spread) {
  const offset = levelOffset(values);
  const level = values.map((value) => Math.log(value + offset));
  let suspect = Array(values.length).fill(false);
  let tested;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const before = suspect;
    const judged = neighbours.map((others, station) => {
      // Whoever has no value is passed over for the next.
      const asked = others
        .filter((other) => !before[other.station] && !Number.isNaN(level[other.station]))
        .slice(0, MOST_NEIGHBOURS)
        .map((other) => ({ level: level[other.station], distance: other.distance }));
      return judge(level[station], asked, spread);
    });
    suspect = judged.map((each) => each.suspect);
    tested = judged.map((each) => each.tested);
    if (suspect.every((each, station) => each === before[station])) break;
  }
  return { suspect, tested };
}

/** What a pass of the check finds of a level (NaN where missing) and those of the neighbours. */
function judge(level, asked, spread) {
  const expected = ({ distance }) => spread + SPREAD_PER_METRE * distance;
  const close = asked.filter(({ distance }) => distance <= SUPPORT_REACH);
  const alike = close.some((each) => Math.abs(each.level - level) <= TOLERANCE * expected(each));
  const enough = asked.length >= FEWEST_NEIGHBOURS;
  const tested = !Number.isNaN(level) && (enough || alike);
  if (!enough || Number.isNaN(level)) return { suspect: false, tested };
  const middle = median(asked.map((each) => each.level));
  const deviation = DEVIATIONS * median(asked.map((each) => Math.abs(each.level - middle)));
  const usual = asked.reduce((sum, each) => sum + expected(each), 0) / asked.length;
  const difference = level - middle;
  if (!(Math.abs(difference) > TOLERANCE * Math.hypot(usual, deviation))) {
    return { suspect: false, tested };
  }
  const likewise = close.filter(
    (each) =>
      (each.level - middle) * Math.sign(difference) >= SUPPORT_DIFFERENCE * Math.abs(difference),
  );
  const supported = likewise.length > 0 && likewise.length >= SUPPORT_SHARE * close.length;
  return { suspect: !supported, tested };
}

function median(values) {
  const sorted = values.sort((one, other) => one - other);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
