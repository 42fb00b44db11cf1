/** @module map The map: a field in colours, the coast, meridians and parallels, stations, a cursor. */

import { colourOf } from "./colours.js";

const MARGIN = { left: 38, right: 10, top: 6, bottom: 22 };
const METRES_PER_DEGREE = 111_000;
const LINE = "rgba(26, 26, 26, 0.85)";
const FAINT_LINE = "rgba(26, 26, 26, 0.25)";

/**
 * @typedef {object} Shown what the map shows
 * @property {Float32Array} field by row and column
 * @property {number} top value of the last colour
 * @property {Uint8Array} colours of `COLOURS`
 * @property {{east: number, north: number, value: number}[]} stations in units of cells
 *
 * @typedef {object} Size of a map with its labels, CSS pixels
 * @property {number} width
 * @property {number} height
 * @property {{x: number, y: number, width: number, height: number}} inner where the field is
 * @property {number} scale width of a cell
 */

/** A map of a grid on a canvas. Positions are in units of cells, from the south-western edge. */
export class FieldMap {
  #canvas;
  #grid;
  #coast = [];
  #graticule = [];
  /** @type {Shown | null} */
  #shown = null;
  #picture = new OffscreenCanvas(1, 1);
  #cursor = -1;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /**
   * Take another grid.
   * @param {import("../grid/grid.js").Grid} grid
   * @param {[number, number][][]} coast lines of the coast, degrees east and north
   */
  place(grid, coast) {
    this.#grid = grid;
    this.#shown = null;
    this.#cursor = -1;
    this.#picture = new OffscreenCanvas(grid.columns, grid.rows);
    const project = (line) =>
      line.map(([longitude, latitude]) => grid.position(longitude, latitude));
    this.#coast = coast.map(project).filter((line) => line.some((point) => this.#isOnGrid(point)));
    this.#graticule = graticule(grid).map((line) => ({ ...line, points: project(line.points) }));
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#shown = shown;
    const { columns, rows } = this.#grid;
    const context = this.#picture.getContext("2d");
    const image = context.createImageData(columns, rows);
    shown.field.forEach((value, cell) => {
      const row = Math.floor(cell / columns);
      const pixel = 4 * ((rows - 1 - row) * columns + cell - row * columns);
      image.data.set(colourOf(value, shown.top, shown.colours), pixel);
      image.data[pixel + 3] = 255;
    });
    context.putImageData(image, 0, 0);
    this.draw();
  }

  /** Cell of the cursor, -1 where there is none. */
  get cursor() {
    return this.#cursor;
  }

  set cursor(cell) {
    this.#cursor = cell;
    this.draw();
  }

  /**
   * Cell at a point of the window.
   * @param {PointerEvent} event
   * @returns {number} -1 outside the grid
   */
  cellAt({ clientX, clientY }) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const { scale, inner } = this.#frame();
    const column = Math.floor((clientX - left - MARGIN.left) / scale);
    const row = Math.floor((inner.height - (clientY - top - MARGIN.top)) / scale);
    return this.#isOnGrid([column, row]) ? row * this.#grid.columns + column : -1;
  }

  /**
   * Size of a map for which there is room, in CSS pixels.
   * @param {number} width
   * @param {number} height
   * @returns {Size}
   */
  sizeFor(width, height) {
    const { columns, rows } = this.#grid;
    const scale = Math.min(
      (width - MARGIN.left - MARGIN.right) / columns,
      (height - MARGIN.top - MARGIN.bottom) / rows,
    );
    return this.#sizeOf(scale);
  }

  /**
   * Give the canvas the size that there is room for.
   * @param {number} width CSS pixels
   * @param {number} height CSS pixels
   */
  fit(width, height) {
    const size = this.sizeFor(width, height);
    for (const side of ["width", "height"]) {
      this.#canvas.style[side] = `${Math.round(size[side])}px`;
      this.#canvas[side] = Math.round(Math.round(size[side]) * devicePixelRatio);
    }
    this.draw();
  }

  /** Draw everything again. */
  draw() {
    if (!this.#shown) return;
    const context = this.#canvas.getContext("2d");
    const size = this.#frame();
    const ratio = this.#canvas.width / size.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const style = getComputedStyle(this.#canvas);
    this.paint(context, size, { ink: style.color, family: style.fontFamily, cursor: this.#cursor });
  }

  /**
   * Paint the map where the context begins.
   * @param {CanvasRenderingContext2D} context a point of it is a CSS pixel
   * @param {Size} size
   * @param {{ink: string, family: string, cursor?: number}} look colour and font of the labels, and a
   *   cell to mark
   */
  paint(context, { scale, inner: { x, y, width, height } }, { ink, family, cursor = -1 }) {
    context.translate(x, y);
    // Cells are what they are: no colours in between.
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#picture, 0, 0, width, height);
    const at = ([east, north]) => [east * scale, height - north * scale];
    context.save();
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    this.#drawLines(
      context,
      this.#graticule.map(({ points }) => points),
      at,
      FAINT_LINE,
    );
    this.#drawLines(context, this.#coast, at, LINE);
    this.#drawStations(context, at, Math.min(4.5, Math.max(1.6, width / 200)));
    this.#drawCursor(context, at, scale, cursor);
    context.restore();
    context.font = `12px ${family}`;
    context.fillStyle = ink;
    this.#drawLabels(context, at, height);
  }

  #sizeOf(scale) {
    const { columns, rows } = this.#grid;
    const inner = { x: MARGIN.left, y: MARGIN.top, width: scale * columns, height: scale * rows };
    return {
      scale,
      inner,
      width: inner.width + MARGIN.left + MARGIN.right,
      height: inner.height + MARGIN.top + MARGIN.bottom,
    };
  }

  /** The size that the canvas has now. */
  #frame() {
    const width = this.#canvas.clientWidth - MARGIN.left - MARGIN.right;
    return this.#sizeOf(width / this.#grid.columns);
  }

  #isOnGrid([east, north]) {
    return east >= 0 && east < this.#grid.columns && north >= 0 && north < this.#grid.rows;
  }

  #drawLines(context, lines, at, colour) {
    context.strokeStyle = colour;
    context.lineWidth = 0.9;
    context.beginPath();
    for (const line of lines) {
      let before = null;
      for (const point of line) {
        // A projection is cut somewhere, and the two sides are far apart.
        const near =
          before && Math.hypot(point[0] - before[0], point[1] - before[1]) < this.#grid.columns;
        if (near) context.lineTo(...at(point));
        else context.moveTo(...at(point));
        before = point;
      }
    }
    context.stroke();
  }

  #drawStations(context, at, radius) {
    const { stations, top, colours } = this.#shown;
    context.strokeStyle = LINE;
    context.lineWidth = 0.7;
    for (const { east, north, value } of stations) {
      context.fillStyle = `rgb(${colourOf(value, top, colours).join()})`;
      context.beginPath();
      context.arc(...at([east, north]), radius, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  #drawCursor(context, at, scale, cursor) {
    if (cursor < 0) return;
    const row = Math.floor(cursor / this.#grid.columns);
    const [x, y] = at([(cursor % this.#grid.columns) + 0.5, row + 0.5]);
    const half = Math.max(5, scale);
    for (const [colour, lineWidth] of [
      ["black", 4],
      ["white", 2],
    ]) {
      context.strokeStyle = colour;
      context.lineWidth = lineWidth;
      context.strokeRect(x - half, y - half, 2 * half, 2 * half);
    }
  }

  #drawLabels(context, at, height) {
    for (const { points, label, meridian } of this.#graticule) {
      for (let i = 1; i < points.length; i += 1) {
        const edge = meridian
          ? crossing(points[i - 1], points[i], 1)
          : crossing(points[i - 1], points[i], 0);
        if (!edge || !this.#isOnGrid(edge)) continue;
        const [x, y] = at(edge);
        context.textAlign = meridian ? "center" : "right";
        context.textBaseline = meridian ? "top" : "middle";
        context.fillText(label, meridian ? x : -4, meridian ? height + 5 : y);
      }
    }
  }
}

/** Where a segment crosses the line on which one of its coordinates is 0. */
function crossing(before, after, axis) {
  if (!(before[axis] < 0 !== after[axis] < 0)) return null;
  const share = before[axis] / (before[axis] - after[axis]);
  const edge = before.map((value, i) => value + share * (after[i] - value));
  edge[axis] = 0;
  return edge;
}

/** Meridians and parallels, with points at every degree. */
function graticule(grid) {
  const extent = (Math.max(grid.rows, grid.columns) * grid.cellSize) / METRES_PER_DEGREE;
  const step = extent > 30 ? 10 : extent > 12 ? 5 : extent > 5 ? 2 : 1;
  const lines = [];
  for (let longitude = -180; longitude < 180; longitude += step) {
    const points = Array.from({ length: 179 }, (_, i) => [longitude, i - 89]);
    lines.push({ points, label: degreesText(longitude, "EW"), meridian: true });
  }
  for (let latitude = -80; latitude <= 80; latitude += step) {
    const points = Array.from({ length: 361 }, (_, i) => [i - 180, latitude]);
    lines.push({ points, label: degreesText(latitude, "NS"), meridian: false });
  }
  return lines;
}

function degreesText(value, letters) {
  return `${Math.abs(value)}°${letters[value >= 0 ? 0 : 1]}`;
}
