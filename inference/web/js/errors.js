/** @module errors What a person did wrong, or gave us wrong: said to them as it is. */

/** Input that cannot be used; its message says what was expected, what was found, what to do. */
export class InputError extends Error {}

/**
 * A text as it may stand in a message: on one line, and not too long.
 * @param {string} text
 * @param {number} [length] characters that are shown
 * @returns {string}
 */
export function quoted(text, length = 40) {
  const line = text.replace(/[\p{C}\s]+/gu, " ");
  return `'${line.length > length ? `${line.slice(0, length)}…` : line}'`;
}

/**
 * The first few of many names.
 * @param {string[]} names
 * @returns {string}
 */
export function shortened(names) {
  return quoted(names.slice(0, 8).join(","), 120) + (names.length > 8 ? ",…" : "");
}
