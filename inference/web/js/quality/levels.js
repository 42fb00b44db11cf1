/** @module levels Logarithmic scale for the comparison of concentrations. */

/** The offset of the scale as a share of the median: 5 ug m-3 where that is 30. */
const OFFSET_SHARE = 1 / 6;
const MOST_IN_MEDIAN = 1_000_000;

/**
 * What is added to concentrations before the logarithm is taken, so that clean air, where instruments
 * differ by more than a factor, does not stand out.
 * @param {Float64Array} values concentrations; NaN where missing
 * @returns {number}
 */
export function levelOffset(values) {
  // A median of every few values is as good, and takes no second copy of a year of hours.
  const step = 1 + Math.floor(values.length / MOST_IN_MEDIAN);
  const some = values.filter((value, i) => i % step === 0 && Number.isFinite(value)).sort();
  const median = some.length ? (some[(some.length - 1) >> 1] + some[some.length >> 1]) / 2 : 0;
  return OFFSET_SHARE * median || 1;
}
