/** @module hour_checks Checks of hourly values, before daily means are made. */

import { HOUR_LENGTH } from "../readers/cells.js";
import { dailyMeans, hoursOfDays } from "../stations/daily_means.js";
import {
  isEightHourMaximum,
  largestEightHourMeans,
  measuredByTheHour,
} from "../stations/eight_hour_means.js";
import { levelOffset } from "./levels.js";
import { REASON, usable } from "./reasons.js";
import { weeks } from "./weeks.js";

/** Units of the pollutants of `inference/pointfuse/stations/pollutants.py`. */
const POLLUTANTS = {
  pm25: "ug m-3",
  pm10: "ug m-3",
  so2: "ug m-3",
  no2: "ug m-3",
  co: "mg m-3",
  o3: "ug m-3",
  o3_mda8: "ug m-3",
};
/** Identical hours from the first to the last that are too many, if such a share has a value. */
const [STUCK_HOURS, STUCK_SHARE] = [24, 0.75];
/** Up to here values of gases may rest for so many hours: they are reported in coarse steps. */
const QUIET = { so2: 10, no2: 3, co: 1 };
const QUIET_HOURS = 96;
/** A spike is so many times as high (or low) as the hours before and after it, */
const SPIKE_FACTOR = 3;
/** and differs from them by so many times what is usual at its station, on the log scale. */
const SPIKE_SCALES = 4;
/** The hours before and after are at most so many hours away. */
const SPIKE_GAP = 3;
/** Of the stations up to here (m) such a share has to show the like, by half as much. */
const [SPIKE_DISTANCE, SPIKE_SUPPORT] = [50e3, 1 / 3];
const EARTH_RADIUS = 6_371_000;
/** Makes of a median absolute deviation a standard deviation, of a normal distribution. */
export const DEVIATIONS = 1.4826;

/**
 * Whether a variable is one that neighbours and neighbouring hours tell something about.
 * @param {string} name
 * @returns {boolean}
 */
export function isPollutant(name) {
  return name in POLLUTANTS;
}

/**
 * Give every hourly value a reason, by the hours of its calendar week and two days on either side.
 * @param {import("../stations/merging.js").Observations} hourly values of all files together
 * @param {import("../model/metadata.js").Variable[]} variables the first is the one that is fused
 * @param {boolean} thorough whether to look for stuck values and spikes; the valid range always counts
 * @returns {import("../stations/merging.js").Observations}
 */
export function checkHours(hourly, variables, thorough) {
  const count = hourly.stations.length;
  const reasons = {};
  variables.forEach((variable, position) => {
    const table = hourly.values[variable.name];
    if (!table) return;
    const found = new Uint8Array(table.length);
    for (const { own, around } of weeks(hourly.times)) {
      const [begin, end] = around.map((row) => row * count);
      const week = {
        stations: hourly.stations,
        hours: hourly.times.slice(...around).map((time) => time / HOUR_LENGTH),
        table: table.subarray(begin, end),
      };
      const reason = reasonsOfWeek(week, variable, position === 0, thorough);
      const [first, last] = own.map((row) => row * count);
      found.set(reason.subarray(first - begin, last - begin), first);
    }
    reasons[variable.name] = found;
  });
  return { ...hourly, reasons };
}

function reasonsOfWeek(week, variable, isFused, thorough) {
  const reason = rangeReasons(week.table, variable);
  if (!thorough) return reason;
  const pollutant = isFused || isPollutant(variable.name);
  // Air is saturated, or calm, for days: weather may rest at the ends of its range.
  checkStuck(reason, week, pollutant ? [] : variable.validRange, quiet(variable));
  if (pollutant) checkSpikes(reason, week);
  return reason;
}

/** Up to where values of a variable may rest for long; 0 if nowhere. */
function quiet({ name, units }) {
  return POLLUTANTS[name] === units ? (QUIET[name] ?? 0) : 0;
}

/**
 * What the valid range of a variable says of each value of a table.
 * @param {Float64Array} table
 * @param {import("../model/metadata.js").Variable} variable
 * @returns {Uint8Array}
 */
export function rangeReasons(table, { validRange: [low, high] }) {
  return Uint8Array.from(table, (value) => {
    if (Number.isNaN(value)) return REASON.NO_VALUE;
    return value >= low && value <= high ? REASON.PASSED : REASON.OUT_OF_RANGE;
  });
}

/** Usable values of each station, in the order of time. */
function* series(reason, { stations, hours, table }) {
  for (let station = 0; station < stations.length; station += 1) {
    const rows = [];
    for (let row = 0; row < hours.length; row += 1) {
      if (reason[row * stations.length + station] === REASON.PASSED) rows.push(row);
    }
    const values = rows.map((row) => table[row * stations.length + station]);
    if (rows.length) yield { station, rows, values, hours: rows.map((row) => hours[row]) };
  }
}

/** Mark the values that are part of a run of identical ones that is too long. */
function checkStuck(reason, week, ends, quietUpTo) {
  for (const { station, rows, values, hours } of series(reason, week)) {
    for (let first = 0, end; first < rows.length; first = end) {
      end = first + 1;
      while (end < rows.length && values[end] === values[first]) end += 1;
      const span = hours[end - 1] - hours[first] + 1;
      const value = values[first];
      // An instrument that is off gives zero.
      const most = value > 0 && value <= quietUpTo ? QUIET_HOURS : STUCK_HOURS;
      if (span < most || end - first < STUCK_SHARE * span || ends.includes(value)) continue;
      for (const row of rows.slice(first, end))
        reason[row * week.stations.length + station] = REASON.STUCK;
    }
  }
}

/** Mark the spikes that too few stations nearby confirm. */
function checkSpikes(reason, week) {
  const { stations, hours, table } = week;
  const passed = table.map((value, cell) => (reason[cell] === REASON.PASSED ? value : NaN));
  const offset = levelOffset(passed);
  const found = [...series(reason, week)].flatMap((each) => candidates(each, offset));
  const near = reachOf(stations);
  for (const { row, station, jump } of found) {
    const others = near(station).map((other) =>
      levelsAround(passed, hours, row, {
        other,
        count: stations.length,
        offset,
        sign: Math.sign(jump),
      }),
    );
    reason[row * stations.length + station] = confirmed(others, Math.abs(jump));
  }
}

/** Levels of a station around a time, and of these the ones within an hour of it. */
function levelsAround(passed, hours, row, { other, count, offset, sign }) {
  const [all, atTheTime] = [[], []];
  let first = row;
  while (first > 0 && hours[first - 1] >= hours[row] - SPIKE_GAP) first -= 1;
  for (let at = first; at < hours.length && hours[at] <= hours[row] + SPIKE_GAP; at += 1) {
    const value = passed[at * count + other];
    if (Number.isNaN(value)) continue;
    const level = sign * Math.log(value + offset);
    all.push(level);
    if (Math.abs(hours[at] - hours[row]) <= 1) atTheTime.push(level);
  }
  return { all, atTheTime };
}

/** Whether stations nearby rise by half as much as a spike. */
function confirmed(around, size) {
  const known = around.filter(({ all }) => all.length > 1);
  if (!known.length) return REASON.ISOLATED;
  const rises = known.filter(
    ({ all, atTheTime }) => Math.max(...atTheTime) - Math.min(...all) >= size / 2,
  );
  return rises.length / known.length >= SPIKE_SUPPORT ? REASON.PASSED : REASON.SPIKE;
}

/** Values of a station that are unusually far from both their neighbours: row and height (log). */
function candidates({ station, rows, values, hours }, offset) {
  const level = values.map((value) => Math.log(value + offset));
  const step = level.slice(1).map((value, i) => value - level[i]);
  const sorted = Float64Array.from([...step.map(Math.abs), 0]).sort();
  const usual = DEVIATIONS * sorted[values.length >> 1];
  const found = [];
  for (let i = 1; i < step.length; i += 1) {
    const close = hours[i] - hours[i - 1] <= SPIKE_GAP && hours[i + 1] - hours[i] <= SPIKE_GAP;
    // Up and then down again, or the other way round.
    if (!close || !(step[i] * step[i - 1] < 0)) continue;
    const size = Math.min(Math.abs(step[i]), Math.abs(step[i - 1]));
    if (size > Math.max(Math.log(SPIKE_FACTOR), SPIKE_SCALES * usual)) {
      found.push({ row: rows[i], station, jump: -Math.sign(step[i]) * size });
    }
  }
  return found;
}

/** A function that gives the other stations near one. */
function reachOf(stations) {
  const places = stations.map(({ longitude, latitude }) => {
    const [east, north] = [longitude, latitude].map((degrees) => (degrees * Math.PI) / 180);
    return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
  });
  // A chord of the sphere, as good as an arc over such distances; NaN is not near.
  const least = 1 - (SPIKE_DISTANCE / EARTH_RADIUS) ** 2 / 2;
  const known = new Map();
  return (station) => {
    if (!known.has(station)) {
      const [x, y, z] = places[station];
      const isNear = (other) =>
        other !== station &&
        x * places[other][0] + y * places[other][1] + z * places[other][2] >= least;
      known.set(station, [...places.keys()].filter(isNear));
    }
    return known.get(station);
  };
}

/**
 * Daily means of the hours that can be used, which know of those that cannot: a day that only the
 * rejected hours would have made whole is suspect for their commonest reason, one with too few hours
 * from the start is missing.
 * @param {import("../stations/merging.js").Observations} checked from `checkHours`
 * @param {number} minHours valid hours that make a day
 * @returns {import("../stations/merging.js").Observations}
 * @throws {InputError} as `dailyMeans`
 */
export function meansOfCheckedHours(checked, minHours) {
  const kept = Object.fromEntries(
    Object.keys(checked.reasons).map((name) => [name, keptValues(checked, name)]),
  );
  const days = dailyMeans({ ...checked, values: kept }, minHours);
  const reasons = {};
  for (const [name, means] of Object.entries(days.values)) {
    const counts = hoursByReason(checked, name);
    const whole = counts.read.map((count) => count >= minHours);
    reasons[name] = reasonsOfDays(means, whole, counts);
  }
  return { ...days, reasons, hours: checked };
}

/**
 * Days with the largest 8-hour means of those variables that are such.
 * @param {import("../stations/merging.js").Observations} days from `meansOfCheckedHours`
 * @param {import("../model/metadata.js").Variable[]} variables
 * @returns {import("../stations/merging.js").Observations}
 */
export function withEightHourMaxima(days, variables) {
  const { hours: checked, stations } = days;
  const [values, reasons] = [{ ...days.values }, { ...days.reasons }];
  for (const variable of variables.filter(isEightHourMaximum)) {
    const name = measuredByTheHour(variable);
    if (!(name in checked.reasons)) continue;
    const largest = (table) =>
      largestEightHourMeans(checked.times, table, days.times, stations.length);
    values[variable.name] = largest(keptValues(checked, name));
    const whole = largest(checked.values[name]).map((value) => !Number.isNaN(value));
    reasons[variable.name] = reasonsOfDays(
      values[variable.name],
      whole,
      hoursByReason(checked, name),
    );
  }
  return { ...days, values, reasons };
}

function keptValues({ values, reasons }, name) {
  return values[name].map((value, cell) => (usable(reasons[name][cell]) ? value : NaN));
}

/** How many hours of each day and station were read, and how many have each of the reasons of hours. */
function hoursByReason({ stations, times, reasons }, name) {
  const days = hoursOfDays(times);
  const size = days.length * stations.length;
  const counts = { read: new Uint8Array(size) };
  for (const cause of OF_HOURS) counts[cause] = new Uint8Array(size);
  days.forEach(({ first, end }, number) => {
    for (let cell = first * stations.length; cell < end * stations.length; cell += 1) {
      const reason = reasons[name][cell];
      const day = number * stations.length + (cell % stations.length);
      if (reason !== REASON.NO_VALUE) counts.read[day] += 1;
      if (reason in counts) counts[reason][day] += 1;
    }
  });
  return counts;
}

const OF_HOURS = [REASON.OUT_OF_RANGE, REASON.STUCK, REASON.SPIKE];

/** Why values of days are missing; `whole` says which would be there with all hours that were read. */
function reasonsOfDays(values, whole, counts) {
  return Uint8Array.from(values, (value, cell) => {
    if (!Number.isNaN(value)) return REASON.PASSED;
    let reason = counts.read[cell] ? REASON.TOO_FEW_HOURS : REASON.NO_VALUE;
    let most = 0;
    for (const cause of whole[cell] ? OF_HOURS : []) {
      if (counts[cause][cell] > most) [reason, most] = [cause, counts[cause][cell]];
    }
    return reason;
  });
}
