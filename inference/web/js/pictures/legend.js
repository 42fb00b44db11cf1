/** @module legend The scale of colours: beside the map, and in a picture of it. */

import { colourOf, ticksOf } from "./colours.js";

const STEPS = 256;
/** Beyond this share of the scale is the label of its end. */
const CLOSEST_TICK = 0.7;

const element = (id) => document.getElementById(id);

/**
 * Labels of a scale from 0.
 * @param {number} top value of the last colour
 * @returns {{share: number, text: string}[]} where on the scale, from 0 to 1
 */
export function labelsOf(top) {
  const values = ticksOf(top).filter((value) => value < CLOSEST_TICK * top);
  return [
    ...values.map((value) => ({ share: value / top, text: String(value) })),
    { share: 1, text: `${top} and above` },
  ];
}

/**
 * Paint the colours from left to right.
 * @param {CanvasRenderingContext2D} context
 * @param {Uint8Array} colours of `COLOURS`
 * @param {{x: number, y: number, width: number, height: number}} box
 */
export function paintColours(context, colours, { x, y, width, height }) {
  for (let step = 0; step < STEPS; step += 1) {
    context.fillStyle = `rgb(${colourOf((step + 0.5) / STEPS, 1, colours).join()})`;
    // Each goes to the end, so that no line shows between two.
    const left = (step / STEPS) * width;
    context.fillRect(x + left, y, width - left, height);
  }
}

/**
 * Show the scale of a map.
 * @param {number} top value of the last colour
 * @param {Uint8Array} colours of `COLOURS`
 * @param {string} title what the colours mean
 */
export function showLegend(top, colours, title) {
  const canvas = element("colours");
  canvas.width = STEPS;
  paintColours(canvas.getContext("2d"), colours, { x: 0, y: 0, width: STEPS, height: canvas.height });
  element("ticks").replaceChildren(
    ...labelsOf(top).map(({ share, text }) => {
      const tick = document.createElement("span");
      tick.textContent = text;
      tick.style.left = `${100 * share}%`;
      return tick;
    }),
  );
  element("legend-title").textContent = title;
  element("legend").setAttribute("aria-label", `Colours from 0 to ${top} and above: ${title}`);
}
