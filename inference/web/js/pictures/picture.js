/** @module picture A map as a picture to pass on: with title, scale of colours and source. */

import { labelsOf, paintColours } from "./legend.js";

/** Pixels of the picture for each of the page, so that it is sharp in print too. */
const SHARPNESS = 2;
const WIDTH = 960;
const EDGE = 16;
const INK = "#1c2024";
const SOFT = "#56606a";

/**
 * Draw a picture.
 * @param {import("./map.js").FieldMap} map what it shows, without the cursor
 * @param {{title: string, top: number, colours: Uint8Array, legend: string, source: string}} words
 *   what is around: above, at the colours, whose last stands for `top`, and below
 * @returns {Promise<Blob>} PNG
 */
export async function pictureOf(map, { title, top, colours, legend, source }) {
  const family = getComputedStyle(document.body).fontFamily;
  const font = (size, weight = "normal") => `${weight} ${size}px ${family}`;
  const size = map.sizeFor(WIDTH - 2 * EDGE, Infinity);
  const begin = { map: EDGE + 32, colours: EDGE + 32 + size.height + 8 };
  const lines = wrapped(source, font(12), size.inner.width);
  const height = begin.colours + 70 + 17 * lines.length + EDGE;
  const canvas = new OffscreenCanvas(SHARPNESS * WIDTH, Math.ceil(SHARPNESS * height));
  const context = canvas.getContext("2d");
  context.scale(SHARPNESS, SHARPNESS);
  context.fillStyle = "white";
  context.fillRect(0, 0, WIDTH, height);
  const write = (text, x, y, { size: points = 14, colour = INK, weight, align = "left" } = {}) => {
    context.font = font(points, weight);
    context.fillStyle = colour;
    context.textAlign = align;
    context.textBaseline = "top";
    context.fillText(text, x, y, size.inner.width);
  };
  write(title, EDGE + size.inner.x, EDGE, { size: 20, weight: "bold" });

  context.save();
  context.translate(EDGE, begin.map);
  map.paint(context, size, { ink: INK, family });
  context.restore();

  const bar = { x: EDGE + size.inner.x, y: begin.colours, width: size.inner.width, height: 14 };
  paintColours(context, colours, bar);
  for (const { share, text } of labelsOf(top)) {
    const align = share === 1 ? "right" : share ? "center" : "left";
    write(text, bar.x + share * bar.width, bar.y + 18, { size: 13, align });
  }
  write(legend, bar.x, bar.y + 38);
  lines.forEach((line, i) => write(line, bar.x, bar.y + 62 + 17 * i, { size: 12, colour: SOFT }));
  return canvas.convertToBlob({ type: "image/png" });
}

/** A text in lines of a width. */
function wrapped(text, font, width) {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.font = font;
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
