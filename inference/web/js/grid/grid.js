/** @module grid A regular grid of square cells in a map projection; row 0 south, column 0 west. */

import { projectionOf } from "./projection.js";

/** Cells are numbered `row * columns + column`. */
export class Grid {
  /** @param {Record<string, any>} description the entry `grid` of a model's metadata */
  constructor(description) {
    this.description = description;
    this.mapping = description.projection;
    this.projection = projectionOf(this.mapping);
    this.rows = description.rows;
    this.columns = description.columns;
    this.cellSize = description.cell_size;
    this.firstX = description.first_x;
    this.firstY = description.first_y;
  }

  /** Number of cells. */
  get size() {
    return this.rows * this.columns;
  }

  /** Cell centres along a row, m. */
  get x() {
    return Float64Array.from({ length: this.columns }, (_, i) => this.firstX + i * this.cellSize);
  }

  /** Cell centres along a column, m. */
  get y() {
    return Float64Array.from({ length: this.rows }, (_, i) => this.firstY + i * this.cellSize);
  }

  /**
   * Place of a point in units of cells, from the outer edges of row 0 and column 0.
   * @param {number} longitude degrees east
   * @param {number} latitude degrees north
   * @returns {[number, number]} east and north
   */
  position(longitude, latitude) {
    const [x, y] = this.projection.forward(longitude, latitude);
    return [(x - this.firstX) / this.cellSize + 0.5, (y - this.firstY) / this.cellSize + 0.5];
  }

  /**
   * Cell in which a point lies.
   * @param {number} longitude degrees east
   * @param {number} latitude degrees north
   * @returns {number} -1 outside the grid, and for a point without coordinates
   */
  cell(longitude, latitude) {
    const [column, row] = this.position(longitude, latitude).map(Math.floor);
    // Comparisons with NaN are false, so a point without coordinates is not inside.
    const inside = row >= 0 && row < this.rows && column >= 0 && column < this.columns;
    return inside ? row * this.columns + column : -1;
  }

  /**
   * Centre of a cell.
   * @param {number} cell
   * @returns {[number, number]} degrees east and north
   */
  centre(cell) {
    const row = Math.floor(cell / this.columns);
    return this.projection.inverse(
      this.firstX + (cell - row * this.columns) * this.cellSize,
      this.firstY + row * this.cellSize,
    );
  }
}
