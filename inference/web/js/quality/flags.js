/** @module flags Results of quality control: counts by state and reason, and a table of flagged values. */

import { dayText, HOUR_LENGTH, DAY_LENGTH, hourText } from "../readers/cells.js";
import { REASON, REASONS, stateOf, STATES } from "./reasons.js";

const COLUMNS = "station,variable,step,first,last,values,state,reason,lowest,highest";

/**
 * @typedef {object} Run consecutive values of a station that share a reason
 * @property {string} station
 * @property {string} variable
 * @property {string} step `hour` or `day`
 * @property {string} first time
 * @property {string} last time
 * @property {number} values how many
 * @property {string} state
 * @property {string} reason
 * @property {number} lowest NaN where there is no value
 * @property {number} highest
 */

/** The hours that days were made of, if any, and the days. */
function steps(observations) {
  const days = ["day", observations];
  return observations.hours ? [["hour", observations.hours], days] : [days];
}

/**
 * Number of values in each state and for each reason.
 * @param {import("../stations/merging.js").Observations} observations checked daily means
 * @returns {{step: string, variable: string, states: Record<string, Record<string, number>>}[]}
 */
export function countReasons(observations) {
  return steps(observations).flatMap(([step, { reasons }]) =>
    Object.entries(reasons).map(([variable, table]) => {
      const found = new Float64Array(REASONS.length);
      for (const reason of table) found[reason] += 1;
      const states = Object.fromEntries(STATES.map((state) => [state, {}]));
      found.forEach((number, reason) => {
        if (number) states[STATES[stateOf(reason)]][REASONS[reason]] = number;
      });
      return { step, variable, states };
    }),
  );
}

const sum = (reasons) => Object.values(reasons).reduce((total, number) => total + number, 0);
const plain = (name) => name.replaceAll("_", " ");
const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/**
 * The counts for people, a line a variable and step.
 * @param {ReturnType<typeof countReasons>} counts
 * @returns {string[]}
 */
export function qualityLines(counts) {
  return counts.map(({ step, variable, states }) => {
    const total = Object.values(states).reduce((all, reasons) => all + sum(reasons), 0);
    const texts = Object.entries(states).map(([state, reasons]) => {
      const why = Object.entries(reasons).map(([reason, number]) => `${number} ${plain(reason)}`);
      const told = why.length && state !== "good" ? ` (${why.join(", ")})` : "";
      return `${sum(reasons)} ${plain(state)}${told}`;
    });
    return `${variable}, ${counted(total, `${step} value`)}: ${texts.join(", ")}`;
  });
}

/**
 * The counts for files.
 * @param {ReturnType<typeof countReasons>} counts
 * @returns {string}
 */
export function qualityText(counts) {
  const texts = counts.flatMap(({ step, variable, states }) =>
    Object.entries(states).map(([state, reasons]) => {
      const why = Object.entries(reasons).map(([reason, number]) => `${reason} ${number}`);
      const values = counted(sum(reasons), `${step} value`);
      return `${values} of ${variable} ${plain(state)}${why.length ? ` (${why.join(", ")})` : ""}`;
    }),
  );
  return texts.join("; ");
}

/**
 * The values that are not good, as runs of consecutive ones that share a reason.
 * @param {import("../stations/merging.js").Observations} observations checked daily means
 * @returns {Run[]}
 */
export function flaggedRuns(observations) {
  return steps(observations).flatMap(([step, part]) =>
    Object.keys(part.reasons).flatMap((name) => [...runsOf(step, part, name)]),
  );
}

function* runsOf(step, { stations, times, values, reasons }, name) {
  const length = step === "hour" ? HOUR_LENGTH : DAY_LENGTH;
  const text = step === "hour" ? hourText : dayText;
  const [table, reason] = [values[name], reasons[name]];
  for (const [station, { code }] of stations.entries()) {
    const at = (row) => row * stations.length + station;
    for (let first = 0, end; first < times.length; first = end) {
      end = first + 1;
      const continues = () =>
        end < times.length &&
        times[end] - times[end - 1] === length &&
        reason[at(end)] === reason[at(first)];
      while (continues()) end += 1;
      if (reason[at(first)] === REASON.PASSED) continue;
      const known = [];
      for (let row = first; row < end; row += 1) {
        if (!Number.isNaN(table[at(row)])) known.push(table[at(row)]);
      }
      yield {
        station: code,
        variable: name,
        step,
        first: text(times[first]),
        last: text(times[end - 1]),
        values: end - first,
        state: STATES[stateOf(reason[at(first)])],
        reason: REASONS[reason[at(first)]],
        lowest: known.length ? Math.min(...known) : NaN,
        highest: known.length ? Math.max(...known) : NaN,
      };
    }
  }
}

/**
 * The runs as the file that `pointfuse qc` writes.
 * @param {Run[]} runs
 * @returns {string}
 */
export function flagsCsv(runs) {
  const lines = runs.map(
    ({ station, variable, step, first, last, values, state, reason, ...ends }) =>
      [
        quotedCell(noFormula(station)),
        ...[variable, step, first, last, values, state, reason],
        ...[ends.lowest, ends.highest].map(sixDigits),
      ].join(","),
  );
  return `${[COLUMNS, ...lines].join("\n")}\n`;
}

/** A code with an apostrophe where a spreadsheet would compute it: a file may hold anything. */
function noFormula(code) {
  return /^[=+\-@]/.test(code) && !/^.(?=.*\d)\d*\.?\d*$/.test(code) ? `'${code}` : code;
}

function quotedCell(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A number in six digits, as Python writes it; nothing where there is none. */
function sixDigits(value) {
  if (Number.isNaN(value)) return "";
  const [digits, exponent] = value.toExponential(5).split("e");
  if (value === 0 || (exponent >= -4 && exponent < 6)) return String(Number(value.toPrecision(6)));
  return `${Number(digits)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}
