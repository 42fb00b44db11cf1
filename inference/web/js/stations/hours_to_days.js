/** @module hours_to_days One checked table of daily means from what all files hold. */

import { checkHours, meansOfCheckedHours, withEightHourMaxima } from "../quality/hour_checks.js";
import { withHourly } from "./eight_hour_means.js";
import { merge } from "./merging.js";

/**
 * Merge hourly and daily values to daily means of all their stations.
 * @param {import("./merging.js").Part[]} parts at least one
 * @param {import("../model/metadata.js").Variable[]} variables of the model; the first is the fused one
 * @param {number} minHours valid hours that make a day
 * @param {boolean} qualityControl whether to leave stuck and isolated hourly values out
 * @returns {import("./merging.js").Observations}
 * @throws {InputError} if two parts contradict each other, or a day has no so many hours
 */
export function dailyTable(parts, variables, minHours, qualityControl) {
  const hourly = parts.filter((part) => part.hourly);
  const daily = parts.filter((part) => !part.hourly);
  // Hours are merged first: a local day may begin in one file and end in another.
  if (hourly.length) {
    const checked = checkHours(merge(hourly), withHourly(variables), qualityControl);
    daily.push(withEightHourMaxima(meansOfCheckedHours(checked, minHours), variables));
  }
  const table = merge(daily);
  const names = variables.map(({ name }) => name);
  const ofModel = (tables) =>
    Object.fromEntries(Object.entries(tables).filter(([name]) => names.includes(name)));
  return { ...table, values: ofModel(table.values), reasons: ofModel(table.reasons) };
}
