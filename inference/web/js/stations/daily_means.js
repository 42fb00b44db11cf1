/** @module daily_means How many valid hours make a daily mean. */

import { InputError } from "../errors.js";
import { beginOfDay } from "../readers/cells.js";

/**
 * Where the hours of each day are.
 * @param {number[]} times begin of hours, local milliseconds, increasing
 * @returns {{day: number, first: number, end: number}[]} begin of each day, position of its first
 *   hour and of the one behind its last
 */
export function hoursOfDays(times) {
  const days = [];
  times.forEach((time, row) => {
    const day = beginOfDay(time);
    if (days.at(-1)?.day !== day) days.push({ day, first: row, end: row });
    days.at(-1).end = row + 1;
  });
  return days;
}

/**
 * Daily means of hourly values.
 * @param {import("./merging.js").Observations} hourly
 * @param {number} minHours valid hours that make a day; with fewer the day is missing
 * @returns {import("./merging.js").Observations}
 * @throws {InputError} if a day has no so many hours
 */
export function dailyMeans({ stations, times, values }, minHours) {
  if (!(Number.isInteger(minHours) && minHours >= 1 && minHours <= 24)) {
    throw new InputError(`a day needs 1 to 24 valid hours, got ${minHours}`);
  }
  const days = hoursOfDays(times);
  const means = {};
  for (const [name, table] of Object.entries(values)) {
    means[name] = new Float64Array(days.length * stations.length).fill(NaN);
    days.forEach(({ first, end }, number) => {
      for (let station = 0; station < stations.length; station += 1) {
        let [total, count] = [0, 0];
        for (let row = first; row < end; row += 1) {
          const value = table[row * stations.length + station];
          if (Number.isNaN(value)) continue;
          total += value;
          count += 1;
        }
        if (count >= minHours) means[name][number * stations.length + station] = total / count;
      }
    });
  }
  return { stations, times: days.map(({ day }) => day), hourly: false, values: means, reasons: {} };
}
