/** @module observations From what was read, file by file, to one table of daily means. */

import { InputError } from "./errors.js";
import { dayText } from "./tidy.js";

const DAY_LENGTH = 864e5;

/**
 * @typedef {object} Observations
 * @property {{code: string, longitude: number, latitude: number}[]} stations NaN where unknown
 * @property {number[]} days begin of each local day, milliseconds, increasing
 * @property {Record<string, Float64Array>} values daily means by variable; those of day d and
 *   station s are at `d * stations.length + s`, NaN where missing
 * @property {number} outOfRange values outside the valid range, which were left out
 */

/**
 * Merge the values of files to daily means.
 *
 * Values outside the valid range of a variable are left out before anything is averaged. Stations
 * are the same where code and coordinates are the same.
 * @param {import("./tidy.js").Values[]} files at least one
 * @param {import("./metadata.js").Variable[]} variables
 * @param {number} minHours valid hours that make a day
 * @returns {Observations}
 * @throws {InputError} if two files give different values for one station, time and variable
 */
export function dailyMeans(files, variables, minHours) {
  const stations = new Map();
  const limits = new Map(variables.map(({ name, validRange }) => [name, validRange]));
  const hours = new Table();
  const days = new Table();
  let outOfRange = 0;
  for (const file of files) {
    const own = file.stations.map((station) => {
      const key = `${station.code} ${station.longitude} ${station.latitude}`;
      if (!stations.has(key)) stations.set(key, { ...station, number: stations.size });
      return stations.get(key);
    });
    const means = new Means();
    for (const row of file.rows) {
      file.variables.forEach((variable, i) => {
        const [low, high] = limits.get(variable);
        const value = row.values[i];
        if (value >= low && value <= high)
          means.add(variable, own[row.station].number, row.time, value);
        else if (!Number.isNaN(value)) outOfRange += 1;
      });
    }
    (file.hourly ? hours : days).take(means, file.file, [...stations.values()]);
  }
  days.take(hours.averagedOverDays(minHours), "the hourly files", [...stations.values()]);
  return {
    ...days.laidOut(variables, stations.size, daysOf(files)),
    stations: [...stations.values()].map(({ code, longitude, latitude }) => ({
      code,
      longitude,
      latitude,
    })),
    outOfRange,
  };
}

/** All local days on which the files have a row. */
function daysOf(files) {
  const days = new Set();
  for (const { rows } of files) for (const { time } of rows) days.add(beginOfDay(time));
  return [...days].sort((one, other) => one - other);
}

function beginOfDay(time) {
  return Math.floor(time / DAY_LENGTH) * DAY_LENGTH;
}

/** Means of values by variable, station and time. */
class Means {
  cells = new Map();

  add(variable, station, time, value) {
    const key = `${variable} ${station} ${time}`;
    const cell = this.cells.get(key);
    if (!cell) {
      this.cells.set(key, { variable, station, time, total: value, count: 1 });
    } else {
      cell.total += value;
      cell.count += 1;
    }
  }
}

/** One value by variable, station and time, from any number of files. */
class Table {
  cells = new Map();

  /** Take what a file says, unless it contradicts another. */
  take(means, file, stations) {
    for (const [key, { variable, station, time, total, count }] of means.cells) {
      const value = total / count;
      const known = this.cells.get(key)?.value;
      // The same value in two units differs in its last bits.
      if (known !== undefined && Math.abs(known - value) > 1e-9 * Math.abs(known)) {
        throw new InputError(
          `station ${stations[station].code} has two values of ${variable} for ${dayText(time)}, ` +
            `${known} and ${value} (the second in ${file}); remove one of them`,
        );
      }
      this.cells.set(key, { variable, station, time, value });
    }
  }

  /** Means of the days with enough hours. */
  averagedOverDays(minHours) {
    const means = new Means();
    for (const { variable, station, time, value } of this.cells.values()) {
      means.add(variable, station, beginOfDay(time), value);
    }
    for (const [key, { count }] of means.cells) if (count < minHours) means.cells.delete(key);
    return means;
  }

  /** The values as arrays. */
  laidOut(variables, stations, days) {
    const position = new Map(days.map((day, number) => [day, number]));
    const values = {};
    for (const { name } of variables)
      values[name] = new Float64Array(days.length * stations).fill(NaN);
    for (const { variable, station, time, value } of this.cells.values()) {
      values[variable][position.get(time) * stations + station] = value;
    }
    return { days, values };
  }
}
