/** @module reasons States and reasons of quality control; the numbers are those of the output files. */

/** What may be done with a value: good and untested ones are used, the others are not. */
export const STATES = ["good", "suspect", "missing", "not_tested"];

/** Why a value is in its state, and the state. */
const ALL = [
  ["passed", "good"],
  ["no_value", "missing"],
  ["too_few_hours", "missing"],
  ["out_of_range", "suspect"],
  ["stuck", "suspect"],
  ["spike", "suspect"],
  ["duplicate", "suspect"],
  ["swapped_coordinates", "suspect"],
  ["neighbours_disagree", "suspect"],
  ["no_coordinates", "not_tested"],
  ["outside_grid", "not_tested"],
  ["isolated", "not_tested"],
  ["below_pm25", "suspect"],
];

export const REASONS = ALL.map(([reason]) => reason);

/** Number of each reason, by its name in capital letters: `REASON.STUCK`. */
export const REASON = Object.fromEntries(
  REASONS.map((name, number) => [name.toUpperCase(), number]),
);

const STATE_OF_REASON = ALL.map(([, state]) => STATES.indexOf(state));
const USABLE = ALL.map(([, state]) => state === "good" || state === "not_tested");

/**
 * Number of the state of a value with a reason.
 * @param {number} reason
 * @returns {number} position in `STATES`
 */
export function stateOf(reason) {
  return STATE_OF_REASON[reason];
}

/**
 * Whether a value with a reason is good or untested.
 * @param {number} reason
 * @returns {boolean}
 */
export function usable(reason) {
  return USABLE[reason];
}
