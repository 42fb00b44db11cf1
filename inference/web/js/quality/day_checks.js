/** @module day_checks Checks of daily means, which need the grid and the terrain. */

import { isPollutant, rangeReasons } from "./hour_checks.js";
import { compareWithNeighbours, findNeighbours, nearSpread } from "./neighbours.js";
import { REASON, usable } from "./reasons.js";
import { weeks } from "./weeks.js";

/** What the series of a station says of its hours. */
const OF_SERIES = [REASON.STUCK, REASON.SPIKE];
/** Instruments for PM2.5 and PM10 may differ by so much. */
const INSTRUMENTS_DIFFER = 1.1;

/**
 * Give every daily mean of the model's variables a reason, by the days of its calendar week.
 * @param {import("../stations/merging.js").Observations} observations daily means; where they were
 *   made from checked hours, what these said stays
 * @param {import("../model/metadata.js").Model} model
 * @param {Float32Array | null} height of the cells of the model, m; null where it carries none
 * @returns {import("../stations/merging.js").Observations}
 */
export function checkDays(observations, model, height) {
  const { stations, times, values } = observations;
  const place = placeReasons(stations, model.grid);
  const twins = possibleTwins(stations);
  const reasons = {};
  for (const [position, variable] of model.variables.entries()) {
    const table = values[variable.name];
    if (!table) continue;
    const reason = rangeReasons(table, variable);
    observations.reasons[variable.name]?.forEach((known, cell) => {
      if (reason[cell] === REASON.NO_VALUE) reason[cell] = Math.max(reason[cell], known);
      if (reason[cell] === REASON.PASSED && OF_SERIES.includes(known)) reason[cell] = known;
    });
    reason.forEach((found, cell) => {
      if (found === REASON.PASSED) reason[cell] = place[cell % stations.length];
    });
    if (variable.name === "pm10" && values.pm25) checkCoarse(reason, table, values.pm25);
    for (const { own } of weeks(times)) {
      const [begin, end] = own.map((day) => day * stations.length);
      const week = {
        reason: reason.subarray(begin, end),
        table: table.subarray(begin, end),
        stations,
      };
      checkTwins(week, twins);
      if (position === 0 || isPollutant(variable.name)) {
        checkNeighbours(week, model.grid, height, nearSpread(variable.name));
      }
    }
    reasons[variable.name] = reason;
  }
  return { ...observations, reasons };
}

/** What the coordinates of each station say. */
function placeReasons(stations, grid) {
  return stations.map(({ longitude, latitude }) => {
    if (Number.isNaN(longitude) || Number.isNaN(latitude)) return REASON.NO_COORDINATES;
    if (grid.cell(longitude, latitude) >= 0) return REASON.PASSED;
    return grid.cell(latitude, longitude) >= 0 ? REASON.SWAPPED_COORDINATES : REASON.OUTSIDE_GRID;
  });
}

/** Mark PM10 that is below PM2.5. */
function checkCoarse(reason, coarse, fine) {
  coarse.forEach((value, cell) => {
    if (value * INSTRUMENTS_DIFFER < fine[cell] && reason[cell] === REASON.PASSED) {
      reason[cell] = REASON.BELOW_PM25;
    }
  });
}

/** Pairs of stations (the earlier first) that share their code or their place, in their order. */
function possibleTwins(stations) {
  const pairs = new Map();
  const nameOf = [
    ({ code }) => code,
    // Stations without place share none.
    ({ longitude, latitude }) =>
      Number.isNaN(longitude) || Number.isNaN(latitude) ? undefined : `${longitude} ${latitude}`,
  ];
  for (const name of nameOf) {
    const earlier = new Map();
    stations.forEach((station, number) => {
      const key = name(station);
      if (key === undefined) return;
      const alike = earlier.get(key) ?? [];
      for (const other of alike) pairs.set(`${other} ${number}`, [other, number]);
      earlier.set(key, [...alike, number]);
    });
  }
  return [...pairs.values()].sort((one, other) => one[0] - other[0] || one[1] - other[1]);
}

/** Mark the values of the later of two stations that say the same on all common days. */
function checkTwins({ reason, table, stations }, twins) {
  const there = reason.map((each) => Number(usable(each)));
  const days = [...Array(reason.length / stations.length).keys()];
  for (const [first, second] of twins) {
    const pairs = days
      .map((day) => [first, second].map((station) => day * stations.length + station))
      .filter(([one, other]) => there[one] && there[other]);
    if (!pairs.every(([one, other]) => table[one] === table[other])) continue;
    for (const [, other] of pairs) reason[other] = REASON.DUPLICATE;
  }
}

/** Mark the values that the neighbours contradict, and those that have none. */
function checkNeighbours({ reason, table, stations }, grid, height, spread) {
  const days = reason.length / stations.length;
  const passes = (day, station) => reason[day * stations.length + station] === REASON.PASSED;
  const asked = [...stations.keys()].filter((station) =>
    Array.from({ length: days }, (_, day) => passes(day, station)).some(Boolean),
  );
  const neighbours = findNeighbours(
    asked.map((station) => {
      const { longitude, latitude } = stations[station];
      const [x, y] = grid.projection.forward(longitude, latitude);
      return { x, y, height: height ? height[grid.cell(longitude, latitude)] : 0 };
    }),
  );
  for (let day = 0; day < days; day += 1) {
    const values = Float64Array.from(asked, (station) =>
      passes(day, station) ? table[day * stations.length + station] : NaN,
    );
    const { suspect, tested } = compareWithNeighbours(values, neighbours, spread);
    asked.forEach((station, i) => {
      const cell = day * stations.length + station;
      if (!Number.isNaN(values[i]) && !tested[i]) reason[cell] = REASON.ISOLATED;
      if (suspect[i]) reason[cell] = REASON.NEIGHBOURS_DISAGREE;
    });
  }
}
