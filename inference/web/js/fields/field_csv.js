/** @module field_csv A field as a CSV file: one row a cell. */

import { intervalOf } from "./intervals.js";

/**
 * The rows of a day's field.
 * @param {import("../model/metadata.js").Model} model
 * @param {string} date the day, 2019-01-06
 * @param {import("./cf.js").DayFields} day
 * @returns {string} from south to north, in each row from west to east
 */
export function fieldCsv(
  { grid, variables },
  date,
  { field, uncertainty, stationCount, stationDistance },
) {
  const [{ name }] = variables;
  const columns = ["date", "row", "column", "longitude", "latitude", name];
  if (uncertainty) columns.push(...["uncertainty", "low", "high"].map((each) => `${name}_${each}`));
  const lines = [[...columns, "station_count", "station_distance_km"].join(",")];
  field.forEach((value, cell) => {
    const row = Math.floor(cell / grid.columns);
    const [longitude, latitude] = grid.centre(cell);
    const cells = [
      date,
      row,
      cell - row * grid.columns,
      longitude.toFixed(4),
      latitude.toFixed(4),
      value.toFixed(3),
    ];
    if (uncertainty) {
      const ends = intervalOf(value, uncertainty[cell]);
      cells.push(...[uncertainty[cell], ...ends].map((number) => number.toFixed(3)));
    }
    lines.push([...cells, stationCount[cell], (stationDistance[cell] / 1000).toFixed(1)].join(","));
  });
  return `${lines.join("\n")}\n`;
}
