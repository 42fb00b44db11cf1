/** @module placing Which values, stations and days can be fused, and what became of the others. */

import { InputError } from "../errors.js";
import { REASON, usable } from "../quality/reasons.js";
import { rangeReasons } from "../quality/hour_checks.js";
import { dayText } from "../readers/cells.js";

/**
 * @typedef {object} Placed
 * @property {Int32Array} cells cell of each station, -1 outside the grid
 * @property {Record<string, Float64Array>} used the daily means that the model takes, by variable as in
 *   `Observations.values`; NaN where there is none, or it was left out
 * @property {number[]} days positions of the days that can be fused
 * @property {string[]} remarks what was left out, one sentence each
 */

/**
 * Keep the values that a model can take, find the cells of their stations, and the days on which the
 * fused variable was observed.
 * @param {import("./merging.js").Observations} observations daily means; those that quality control has
 *   found suspect are left out
 * @param {import("../model/metadata.js").Model} model
 * @returns {Placed}
 * @throws {InputError} if there is no such day
 */
export function placed({ stations, times, values, reasons, hours }, { grid, variables }) {
  const [target] = variables;
  const cells = Int32Array.from(stations, ({ longitude, latitude }) =>
    grid.cell(longitude, latitude),
  );
  const used = {};
  const left = { outOfRange: 0, suspect: 0 };
  for (const variable of variables) {
    const table =
      values[variable.name] ?? new Float64Array(times.length * stations.length).fill(NaN);
    const known = reasons[variable.name];
    const range = rangeReasons(table, variable);
    used[variable.name] = table.map((value, i) => {
      if (range[i] === REASON.OUT_OF_RANGE) left.outOfRange += 1;
      const taken = range[i] === REASON.PASSED && !(known && !usable(known[i]));
      if (range[i] === REASON.PASSED && !taken) left.suspect += 1;
      return taken && cells[i % stations.length] >= 0 ? value : NaN;
    });
    // Hours are left out before days are made of them.
    hours?.reasons[variable.name]?.forEach((reason) => {
      if (reason === REASON.OUT_OF_RANGE) left.outOfRange += 1;
    });
  }
  const [fusible, missing] = [[], []];
  times.forEach((day, number) => {
    const first = number * stations.length;
    const found = used[target.name]
      .subarray(first, first + stations.length)
      .some((value) => !Number.isNaN(value));
    if (found) fusible.push(number);
    else missing.push(dayText(day));
  });
  const withoutPlace = stations.filter(({ longitude }) => Number.isNaN(longitude)).length;
  const outside = cells.filter((cell) => cell < 0).length - withoutPlace;
  if (!fusible.length) {
    const found = [
      [times.length, counted(times.length, "day")],
      [stations.length, `${counted(stations.length, "station")} read`],
      [withoutPlace, `${withoutPlace} without coordinates`],
      [outside, `${outside} outside the grid`],
      [left.outOfRange, `${counted(left.outOfRange, "value")} out of range`],
      [left.suspect, `${counted(left.suspect, "daily mean")} left out by quality control`],
    ];
    const told = found.filter(([count]) => count).map(([, text]) => text);
    throw new InputError(
      `there is no valid daily mean of ${target.name} on the grid: ${told.join(", ")}; check the ` +
        "files, their units and the hours that make a day",
    );
  }
  const remarks = [];
  const note = (count, text) => count && remarks.push(`${text}: ${count}`);
  note(withoutPlace, "Stations without coordinates, left out");
  note(outside, "Stations outside the grid, left out");
  note(left.outOfRange, "Values outside the valid range, left out");
  note(left.suspect, "Daily means left out by quality control");
  if (missing.length) {
    remarks.push(
      `Days without a daily mean of ${target.name}, so without a field: ${someOf(missing)}`,
    );
  }
  return { cells, used, days: fusible, remarks };
}

function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function someOf(names) {
  return names.slice(0, 7).join(", ") + (names.length > 7 ? " and more" : "");
}
