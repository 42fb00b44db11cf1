/** @module cells What the cells of tables hold: numbers, days, nothing. */

import { InputError, quoted } from "../errors.js";

export const DAY_LENGTH = 864e5;
export const HOUR_LENGTH = 36e5;

const MISSING = new Set(["", "-", "--", "—", "na", "n/a", "nan", "null", "none"]);
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const DAY = /^(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d{2})(\d{2}))$/;
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/**
 * Value of a cell.
 * @param {string} text
 * @param {() => string} where says where it stands, for the message
 * @returns {number} NaN where it is empty or says that it is missing
 * @throws {InputError} if it is something else than a finite number
 */
export function numberOf(text, where) {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed) && Number.isFinite(Number(trimmed))) return Number(trimmed);
  if (MISSING.has(trimmed.toLowerCase())) return NaN;
  throw new InputError(
    `${where()}: expected a number, got ${quoted(text)}; leave the cell empty where the value is missing`,
  );
}

/**
 * Begin of a day, from `2019-01-06`, `20190106` or `2019/1/6`.
 * @param {string} text
 * @returns {number | undefined} local milliseconds; undefined where it is no day of our age
 */
export function parseDay(text) {
  const found = DAY.exec(text) ?? [];
  // 2019-01-1 is no way of writing a day, but 2019-01-15 cut off.
  if (found[3]?.startsWith("0") && found[4].length === 1) return undefined;
  const [year, month, day] = [found[1], found[3] ?? found[5], found[4] ?? found[6]].map(Number);
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && time >= EARLIEST && time < LATEST ? time : undefined;
}

/**
 * The day in which a time lies.
 * @param {number} time local milliseconds
 * @returns {number} its begin
 */
export function beginOfDay(time) {
  return Math.floor(time / DAY_LENGTH) * DAY_LENGTH;
}

/**
 * A day as it is written: 2019-01-06.
 * @param {number} time local milliseconds
 * @returns {string}
 */
export function dayText(time) {
  return new Date(beginOfDay(time)).toISOString().slice(0, 10);
}

/**
 * An hour as it is written: 2019-01-06T13.
 * @param {number} time local milliseconds
 * @returns {string}
 */
export function hourText(time) {
  return new Date(time).toISOString().slice(0, 13);
}
