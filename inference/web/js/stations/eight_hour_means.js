/** @module eight_hour_means The largest 8-hour mean of a day, by the rule of China (HJ 663-2013). */

import { HOUR_LENGTH } from "../readers/cells.js";

const MDA8 = "_mda8";
const HOURS = 8;
const LEAST_HOURS = 6;
/** Of the means that end with the hours 8 to 23 so many have to be there, or the limit of grade II
 * (ug m-3, GB 3095-2012) is passed. */
const [FIRST, LAST, LEAST, LIMIT] = [8, 23, 14, 160];

/**
 * Whether a variable is the largest 8-hour mean of a day, and not its mean.
 * @param {{name: string}} variable
 * @returns {boolean}
 */
export function isEightHourMaximum({ name }) {
  return name.endsWith(MDA8);
}

/**
 * Name of the hourly values that those of days are made of: `o3` of `o3_mda8`.
 * @param {{name: string}} variable
 * @returns {string}
 */
export function measuredByTheHour({ name }) {
  return isEightHourMaximum({ name }) ? name.slice(0, -MDA8.length) : name;
}

/**
 * Variables, and those that have to be read by the hour for them.
 * @template {{name: string}} Variable
 * @param {Variable[]} variables
 * @returns {Variable[]}
 */
export function withHourly(variables) {
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  for (const variable of variables) {
    const name = measuredByTheHour(variable);
    if (!byName.has(name)) byName.set(name, { ...variable, name });
  }
  return [...byName.values()];
}

/**
 * Largest mean over eight hours in a row of each day.
 * @param {number[]} times begin of hours, local milliseconds, increasing
 * @param {Float64Array} values by hour and station, ug m-3; NaN where missing
 * @param {number[]} days the days that are asked for
 * @param {number} stations how many there are
 * @returns {Float64Array} by day and station; NaN where too few means are there
 */
export function largestEightHourMeans(times, values, days, stations) {
  const rowOf = new Map(times.map((time, row) => [time, row]));
  const largest = new Float64Array(days.length * stations).fill(NaN);
  const hours = Array.from({ length: LAST - FIRST + HOURS }, (_, i) => FIRST - HOURS + 1 + i);
  days.forEach((day, number) => {
    const rows = hours.map((hour) => rowOf.get(day + hour * HOUR_LENGTH));
    for (let station = 0; station < stations; station += 1) {
      const known = rows.map((row) => (row === undefined ? NaN : values[row * stations + station]));
      largest[number * stations + station] = largestMean(known);
    }
  });
  return largest;
}

/** Of the hours that all means of a day take. */
function largestMean(hours) {
  let [there, highest] = [0, -Infinity];
  for (let first = 0; first + HOURS <= hours.length; first += 1) {
    let [total, count] = [0, 0];
    for (let i = first; i < first + HOURS; i += 1) {
      if (Number.isNaN(hours[i])) continue;
      total += hours[i];
      count += 1;
    }
    if (count < LEAST_HOURS) continue;
    there += 1;
    highest = Math.max(highest, total / count);
  }
  return there >= LEAST || highest > LIMIT ? highest : NaN;
}
