/** @module intervals From the scale that a model gives to what people read: uncertainty and interval. */

/** Standard deviation of a logistic distribution, in scales. */
const DEVIATION = Math.PI / Math.sqrt(3);
/** Observations that an interval should hold, in 100. */
export const PERCENT = 90;
/** Half its width in standard uncertainties, for a logistic distribution of the errors. */
const MULTIPLE = Math.fround(Math.log((100 + PERCENT) / (100 - PERCENT)) / DEVIATION);

/**
 * Standard uncertainty of a field.
 * @param {Float32Array} scale logistic scale of its error
 * @returns {Float32Array}
 */
export function uncertaintyOf(scale) {
  // In single precision, as the package has it.
  const deviation = Math.fround(DEVIATION);
  return scale.map((value) => deviation * value);
}

/**
 * The interval that holds 90 of 100 stations, as `pointfuse extract` gives it.
 * @param {number} value of a cell, not negative
 * @param {number} uncertainty of the same
 * @returns {[number, number]} lower and upper end
 */
export function intervalOf(value, uncertainty) {
  const half = Math.fround(uncertainty * MULTIPLE);
  return [Math.max(Math.fround(value - half), 0), Math.fround(value + half)];
}
