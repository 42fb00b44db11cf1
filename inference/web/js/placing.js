/** @module placing Which stations and days can be fused, and what became of the others. */

import { InputError } from "./errors.js";
import { dayText } from "./tidy.js";

/**
 * Find the cells of stations, and the days on which the fused variable was observed.
 * @param {import("./observations.js").Observations} observations
 * @param {import("./tidy.js").Values[]} files that they were read from
 * @param {import("./metadata.js").Model} model
 * @returns {{cells: Int32Array, days: number[], remarks: string[]}} cell of each station (-1 outside
 *   the grid), positions of the days that can be fused, and what was left out, one sentence each
 * @throws {InputError} if there is no such day
 */
export function placed({ stations, days, values, outOfRange }, files, { grid, variables }) {
  const [target] = variables;
  const cells = Int32Array.from(stations, ({ longitude, latitude }) =>
    grid.cell(longitude, latitude),
  );
  const fusible = [];
  const missing = [];
  days.forEach((day, number) => {
    const found = cells.some(
      (cell, station) =>
        cell >= 0 && !Number.isNaN(values[target.name][number * cells.length + station]),
    );
    if (found) fusible.push(number);
    else missing.push(dayText(day));
  });
  const withoutPlace = stations.filter(({ longitude }) => Number.isNaN(longitude)).length;
  const outside = cells.filter((cell) => cell < 0).length - withoutPlace;
  if (!fusible.length) {
    const found = [
      [days.length, counted(days.length, "day")],
      [stations.length, `${counted(stations.length, "station")} read`],
      [withoutPlace, `${withoutPlace} without coordinates`],
      [outside, `${outside} outside the grid`],
      [outOfRange, `${counted(outOfRange, "value")} out of range`],
    ];
    const told = found.filter(([count]) => count).map(([, text]) => text);
    throw new InputError(
      `there is no valid daily mean of ${target.name} on the grid: ${told.join(", ")}; check the ` +
        "files, their units and the hours that make a day",
    );
  }
  const remarks = files.flatMap((file) => file.remarks);
  const note = (count, text) => count && remarks.push(`${text}: ${count}`);
  note(withoutPlace, "Stations without coordinates, left out");
  note(outside, "Stations outside the grid, left out");
  note(outOfRange, "Values outside the valid range, left out");
  if (missing.length) {
    const days = someOf(missing);
    remarks.push(`Days without a daily mean of ${target.name}, so without a field: ${days}`);
  }
  return { cells, days: fusible, remarks };
}

function counted(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function someOf(names) {
  return names.slice(0, 7).join(", ") + (names.length > 7 ? " and more" : "");
}
