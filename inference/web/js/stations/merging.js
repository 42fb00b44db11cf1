/** @module merging Several values of a time to their mean, several files to one table. */

import { InputError } from "../errors.js";
import { dayText, hourText } from "../readers/cells.js";

/**
 * @typedef {object} Observations values at stations and times
 * @property {{code: string, longitude: number, latitude: number}[]} stations NaN where unknown
 * @property {number[]} times begin of each local day or hour, milliseconds, increasing
 * @property {boolean} hourly whether the times are hours, not days
 * @property {Record<string, Float64Array>} values tables by variable, in the units of the model; the
 *   value of time t and station s is at `t * stations.length + s`, NaN where missing
 * @property {Record<string, Uint8Array>} reasons what quality control says of each value, as numbers
 *   of `REASONS`; of a variable that it has not looked at there is no table
 * @property {Observations} [hours] the checked hourly values that daily means were made of
 *
 * @typedef {object} Part what a file holds: values without reasons, and
 * @property {string} file name of the file
 * @property {string} format `tidy` or `cnemc`
 * @property {boolean} unplaced whether the file has no coordinates
 * @property {{code: string, longitude: number, latitude: number}[]} stations
 * @property {number[]} times
 * @property {boolean} hourly
 * @property {Record<string, Float64Array>} values
 * @property {string[]} remarks oddities that did not stop the reading, one sentence each
 */

/**
 * Mean of the values of each time and station.
 * @param {{time: number[], station: number[], given: ArrayLike<number>}} rows position of the time
 *   and of the station of each value
 * @param {[number, number]} shape times and stations
 * @returns {Float64Array} NaN where there is no value
 */
export function tableOfMeans({ time, station, given }, [times, stations]) {
  const total = new Float64Array(times * stations);
  const count = new Uint32Array(total.length);
  for (let i = 0; i < given.length; i += 1) {
    if (Number.isNaN(given[i])) continue;
    const cell = time[i] * stations + station[i];
    total[cell] += given[i];
    count[cell] += 1;
  }
  return total.map((sum, cell) => (count[cell] ? sum / count[cell] : NaN));
}

/**
 * Mean of the values of each time and station, without those that are none: an average of a value
 * and -999 would look like a value.
 * @param {{time: number[], station: number[], given: number[]}} rows as of `tableOfMeans`
 * @param {[number, number]} shape times and stations
 * @param {import("../model/metadata.js").Variable} variable where all values are outside its range, one of
 *   them stands for all, so that quality control finds it
 * @param {string[]} remarks gets one on how many were left out of the means of others
 * @returns {Float64Array}
 */
export function meansInRange({ time, station, given }, shape, variable, remarks) {
  const [low, high] = variable.validRange;
  const isOutside = (value) => value < low || value > high;
  const means = tableOfMeans(
    { time, station, given: given.map((value) => (isOutside(value) ? NaN : value)) },
    shape,
  );
  const outside = new Map();
  let leftOut = 0;
  given.forEach((value, i) => {
    if (!isOutside(value)) return;
    const cell = time[i] * shape[1] + station[i];
    if (Number.isNaN(means[cell])) outside.set(cell, value);
    else leftOut += 1;
  });
  for (const [cell, value] of outside) means[cell] = value;
  if (leftOut) {
    remarks.push(
      `Values of ${variable.name} outside ${low} to ${high} ${variable.units}, left out of the means ` +
        `of others: ${leftOut}`,
    );
  }
  return means;
}

/**
 * One table of several: all stations, all times, all variables. Stations are the same where code and
 * coordinates are the same.
 * @param {(Part | Observations)[]} parts at least one; all hourly or all daily
 * @returns {Observations}
 * @throws {InputError} if two parts give different values for one station, time and variable
 */
export function merge(parts) {
  const stations = new Map();
  for (const station of parts.flatMap((part) => part.stations)) {
    const key = keyOf(station);
    if (!stations.has(key)) stations.set(key, { ...station, number: stations.size });
  }
  const times = [...new Set(parts.flatMap((part) => part.times))].sort((one, other) => one - other);
  const rowOf = new Map(times.map((time, row) => [time, row]));
  const merged = {
    stations: [...stations.values()].map(({ code, longitude, latitude }) => ({
      code,
      longitude,
      latitude,
    })),
    times,
    hourly: parts[0].hourly,
    values: {},
    reasons: {},
    hours: parts.find((part) => part.hours)?.hours,
  };
  const size = times.length * stations.size;
  for (const part of parts) {
    const columns = part.stations.map((station) => stations.get(keyOf(station)).number);
    const rows = part.times.map((time) => rowOf.get(time) * stations.size);
    const cellOf = (i) => rows[Math.floor(i / columns.length)] + columns[i % columns.length];
    for (const [name, table] of Object.entries(part.values)) {
      merged.values[name] ??= new Float64Array(size).fill(NaN);
      take(merged, name, table, cellOf, part);
    }
    for (const [name, reasons] of Object.entries(part.reasons ?? {})) {
      merged.reasons[name] ??= new Uint8Array(size);
      reasons.forEach((reason, i) => (merged.reasons[name][cellOf(i)] = reason));
    }
  }
  for (const [name, reasons] of Object.entries(merged.reasons)) {
    // What one part lacks another may have.
    merged.values[name].forEach((value, cell) => {
      if (!Number.isNaN(value)) reasons[cell] = 0;
    });
  }
  return merged;
}

function keyOf({ code, longitude, latitude }) {
  return `${code} ${longitude} ${latitude}`;
}

/** Take what a part says of a variable, unless it contradicts another. */
function take(merged, name, table, cellOf, part) {
  const known = merged.values[name];
  table.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const cell = cellOf(i);
    // The same value in two units differs in its last bits.
    if (Math.abs(known[cell] - value) > 1e-9 * Math.abs(known[cell])) {
      const { code } = merged.stations[cell % merged.stations.length];
      const time = merged.times[Math.floor(cell / merged.stations.length)];
      throw new InputError(
        `station ${code} has two values of ${name} for ` +
          `${merged.hourly ? hourText(time) : dayText(time)}, ${known[cell]} and ${value} (the second ` +
          `in ${part.file ?? "the hourly files"}); remove one of them`,
      );
    }
    known[cell] = value;
  });
}
