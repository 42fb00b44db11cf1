/**
 * @module weeks Calendar weeks, the unit of quality control.
 *
 * A value is judged by its own week, and hours by two days before and after it too, whatever else was
 * read in the same run.
 */

import { DAY_LENGTH } from "../readers/cells.js";

/** Days before and after a week whose hours are looked at: stuck values go on over midnight. */
const MARGIN = 2;
// 1970-01-01 was a Thursday; weeks begin on Mondays.
const DAYS_TO_MONDAY = 3;

/**
 * Positions of each week in increasing times, alone and with the margin around it.
 * @param {number[]} times local milliseconds, increasing
 * @returns {{own: [number, number], around: [number, number]}[]} first position, and the one behind
 *   the last
 */
export function weeks(times) {
  const days = times.map((time) => Math.floor(time / DAY_LENGTH));
  const numbers = new Set(days.map((day) => Math.floor((day + DAYS_TO_MONDAY) / 7)));
  const firstFrom = (day) => {
    const position = days.findIndex((each) => each >= day);
    return position < 0 ? days.length : position;
  };
  return [...numbers].map((number) => {
    const monday = 7 * number - DAYS_TO_MONDAY;
    const extent = (margin) => [firstFrom(monday - margin), firstFrom(monday + 7 + margin)];
    return { own: extent(0), around: extent(MARGIN) };
  });
}
