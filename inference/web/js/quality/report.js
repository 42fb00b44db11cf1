/** @module report What quality control found, on the page. */

/** Rows that people look through; the file has all. */
const MOST_ROWS = 500;

const element = (id) => document.getElementById(id);

/**
 * @typedef {object} Quality what the worker says of quality control
 * @property {string[]} lines counts for people, a line a variable and step
 * @property {string} text the same for files
 * @property {import("./flags.js").Run[]} suspects what was left out
 * @property {string} flags the file of all values that are not good
 */

/**
 * Show the counts and what was left out.
 * @param {Quality | null} quality null where quality control was off
 */
export function showQuality(quality) {
  element("same-as").textContent = quality
    ? "This is what pointfuse fuse computes from the same files."
    : "Observations were not checked beyond their valid range: this is what pointfuse fuse --no-qc computes.";
  element("quality").hidden = !quality;
  if (!quality) return;
  element("quality-counts").replaceChildren(...quality.lines.map((line) => filled("li", line)));
  const { suspects } = quality;
  const shown = suspects.slice(0, MOST_ROWS);
  const some = shown.length < suspects.length ? `, the first ${shown.length} of them here` : "";
  element("suspects").hidden = !suspects.length;
  element("suspects").querySelector("summary").textContent =
    `Left out: ${suspects.length} ${suspects.length === 1 ? "run" : "runs"} of values${some}`;
  element("suspects")
    .querySelector("tbody")
    .replaceChildren(...shown.map(rowOf));
}

function rowOf({ station, variable, first, last, reason, lowest, highest }) {
  const row = document.createElement("tr");
  const range = (one, other) => (one === other ? one : `${one} to ${other}`);
  const numbers = [lowest, highest].map((value) =>
    Number.isNaN(value) ? "" : value.toPrecision(4),
  );
  row.append(
    filled("td", station),
    filled("td", range(first, last)),
    filled("td", variable),
    filled("td", range(...numbers.map((text) => text && String(Number(text))))),
    filled("td", reason.replaceAll("_", " ")),
  );
  return row;
}

function filled(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}
