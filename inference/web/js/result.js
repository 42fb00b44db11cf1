/** @module result What a fusion gave: its days on the map, under the cursor, and as files. */

import { COLOURS, topOf } from "./pictures/colours.js";
import { cfDataset } from "./fields/cf.js";
import { fieldCsv } from "./fields/field_csv.js";
import { intervalOf, PERCENT } from "./fields/intervals.js";
import { netcdfBytes } from "./fields/netcdf.js";
import { showLegend } from "./pictures/legend.js";
import { FieldMap } from "./pictures/map.js";
import { pictureOf } from "./pictures/picture.js";
import { showQuality } from "./quality/report.js";
import { dayText } from "./readers/cells.js";
import { Timeline } from "./timeline.js";
import { typesetUnits } from "./units.js";

const SHARE_OF_WINDOW = 0.78;
const LEAST_HEIGHT = 260;
/** What the text beside the map needs, with the gap: 24 rem of the style sheet. */
const WIDTH_BESIDE = 384;
const STEPS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const STRIDE = 10;

const element = (id) => document.getElementById(id);

/** The part of the page that shows fields. */
export class Result {
  #map = new FieldMap(element("map"));
  /** @type {import("./fields/cf.js").Fusion | null} */
  #fusion = null;
  #tops = [];
  /** What is written around the map: title, legend, and what its last colour stands for. */
  #words;
  #announce;
  #timeline = new Timeline((announced) => {
    this.#draw();
    if (announced) this.#announce(`${this.#date(this.#day)}. ${this.#daySummary()}`);
  });

  /** @param {(text: string) => void} announce says something to those who hear the page */
  constructor(announce) {
    this.#announce = announce;
    for (const input of document.querySelectorAll("[name=layer], #stations")) {
      input.addEventListener("change", () => this.#draw());
    }
    element("map").addEventListener("pointermove", (event) => this.#point(event));
    element("map").addEventListener("pointerdown", (event) => this.#point(event));
    element("map").addEventListener("keydown", (event) => this.#move(event));
    element("save-csv").addEventListener("click", () => this.#saveCsv());
    element("save-netcdf").addEventListener("click", () => this.#saveNetcdf());
    element("save-picture").addEventListener("click", () => this.#savePicture());
    element("save-flags").addEventListener("click", () => this.#saveFlags());
    window.addEventListener("resize", () => this.#fit());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#map.draw());
  }

  /** Show nothing. */
  hide() {
    element("result").hidden = true;
    this.#timeline.clear();
    this.#fusion = null;
  }

  /**
   * Begin with a fusion of which no day has come yet.
   * @param {import("./fields/cf.js").Fusion & {remarks: string[], threads: number, quality:
   *   import("./quality/report.js").Quality | null}} fusion
   * @param {[number, number][][]} coast lines of the coast, degrees east and north
   */
  begin(fusion, coast) {
    this.#fusion = fusion;
    this.#tops = [];
    this.#timeline.clear();
    this.#map.place(fusion.model.grid, coast);
    element("remarks").replaceChildren(
      ...fusion.remarks.map((remark) => {
        const item = document.createElement("li");
        item.textContent = `${remark}.`;
        return item;
      }),
    );
    showQuality(fusion.quality);
  }

  /**
   * Take the next day.
   * @param {import("./fields/cf.js").DayFields} fields
   */
  add(fields) {
    const number = this.#fusion.fields.push(fields) - 1;
    this.#tops.push({
      field: topOf(fields.field),
      uncertainty: fields.uncertainty && topOf(fields.uncertainty),
    });
    this.#timeline.add(this.#date(number));
    for (const radio of document.querySelectorAll("[name=layer]"))
      radio.disabled = !fields.uncertainty;
    if (!fields.uncertainty) document.querySelector("[name=layer][value=field]").checked = true;
    if (number === 0) element("result").hidden = false;
    // The scale of colours is that of all days so far.
    this.#draw();
    if (number === 0) {
      this.#fit();
      element("title").scrollIntoView();
    }
  }

  get #day() {
    return this.#timeline.day;
  }

  #draw() {
    const layer = document.querySelector("[name=layer]:checked").value;
    const field = this.#fields[layer];
    // One scale for all days, so that they can be compared.
    const top = Math.max(...this.#tops.map((each) => each[layer]));
    const stations = layer === "field" && element("stations").checked ? this.#stations() : [];
    const colours = COLOURS[layer];
    this.#map.show({ field, top, colours, stations });
    const [target] = this.#fusion.model.variables;
    const what = layer === "field" ? target.longName : `standard uncertainty of ${target.longName}`;
    const units = typesetUnits(target.units);
    const title = `${what.charAt(0).toUpperCase()}${what.slice(1)}`;
    const legend = `${title} (${units})${stations.length ? "; circles: stations" : ""}`;
    this.#words = { title: `${title}, ${this.#date(this.#day)}`, top, colours, legend };
    element("title").textContent = this.#words.title;
    element("map").setAttribute(
      "aria-label",
      `Map of ${what} on ${this.#date(this.#day)}. ${this.#daySummary()}`,
    );
    showLegend(top, colours, legend);
    element("stations").disabled = layer !== "field";
    element("summary").textContent = this.#daySummary();
    this.#readOut();
  }

  #fit() {
    if (!this.#fusion) return;
    const beside = matchMedia("(min-width: 60rem)").matches ? WIDTH_BESIDE : 0;
    this.#map.fit(
      element("result").clientWidth - beside,
      Math.max(LEAST_HEIGHT, SHARE_OF_WINDOW * window.innerHeight),
    );
    element("legend").style.width = element("map").style.width;
  }

  #point(event) {
    const cell = this.#map.cellAt(event);
    if (cell < 0 || cell === this.#map.cursor) return;
    this.#map.cursor = cell;
    this.#readOut();
  }

  #move(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { rows, columns } = this.#fusion.model.grid;
    if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      this.#timeline.go(this.#day + (event.key === "PageDown" ? 1 : -1));
    }
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const cell =
      this.#map.cursor < 0
        ? Math.floor(rows / 2) * columns + Math.floor(columns / 2)
        : this.#map.cursor;
    const [north, east] = step.map((cells) => cells * (event.shiftKey ? STRIDE : 1));
    const row = Math.min(rows - 1, Math.max(0, Math.floor(cell / columns) + north));
    const column = Math.min(columns - 1, Math.max(0, (cell % columns) + east));
    this.#map.cursor = row * columns + column;
    this.#announce(this.#readOut());
  }

  /** Say what is under the cursor; returns it as a sentence. */
  #readOut() {
    const cell = this.#map.cursor;
    const entries = cell < 0 ? [["Place", "none yet"]] : this.#cellEntries(cell);
    element("readout").replaceChildren(
      ...entries.flatMap(([term, content]) => {
        const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
        dt.textContent = term;
        dd.textContent = content;
        return [dt, dd];
      }),
    );
    return entries.map(([term, content]) => `${term} ${content}`).join(", ");
  }

  #cellEntries(cell) {
    const { model } = this.#fusion;
    const [target] = model.variables;
    const { field, uncertainty, stationDistance } = this.#fields;
    const units = typesetUnits(target.units);
    const [longitude, latitude] = model.grid.centre(cell);
    const east = `${Math.abs(longitude).toFixed(2)}° ${longitude < 0 ? "W" : "E"}`;
    const north = `${Math.abs(latitude).toFixed(2)}° ${latitude < 0 ? "S" : "N"}`;
    const entries = [
      ["Place", `${north}, ${east}`],
      ["Value", `${field[cell].toFixed(1)} ${units}`],
    ];
    if (uncertainty) {
      const [low, high] = intervalOf(field[cell], uncertainty[cell]).map((end) => end.toFixed(1));
      entries.push(
        ["Uncertainty", `${uncertainty[cell].toFixed(1)} ${units} (standard deviation)`],
        ["Interval", `${low} to ${high} ${units} (${PERCENT} of 100 stations)`],
      );
    }
    const kilometres = Math.round(stationDistance[cell] / 1000);
    entries.push(["Nearest station", kilometres ? `${kilometres} km` : "in this cell"]);
    const here = this.#stations().filter((station) => station.cell === cell);
    if (here.length) {
      const texts = here.slice(0, 3).map(({ code, value }) => `${code}: ${value.toFixed(1)}`);
      entries.push([
        "Measured",
        texts.join(", ") + (here.length > 3 ? `, and ${here.length - 3} more` : ""),
      ]);
    }
    return entries;
  }

  /** Stations on the grid with a value of the fused variable on the day. */
  #stations() {
    const { model, observations, days } = this.#fusion;
    const values = observations.values[model.variables[0].name];
    const first = days[this.#day] * observations.stations.length;
    return observations.stations
      .map(({ code, longitude, latitude }, station) => {
        const [east, north] = model.grid.position(longitude, latitude);
        return {
          code,
          east,
          north,
          cell: model.grid.cell(longitude, latitude),
          value: values[first + station],
        };
      })
      .filter(({ cell, value }) => cell >= 0 && !Number.isNaN(value));
  }

  #daySummary() {
    const { model, threads, runtime } = this.#fusion;
    const { field, stationCount } = this.#fields;
    const mean = field.reduce((sum, value) => sum + value, 0) / field.length;
    const highest = field.reduce((most, value) => Math.max(most, value), 0);
    const stations = stationCount.reduce((sum, count) => sum + count, 0);
    const cells = stationCount.reduce((sum, count) => sum + (count > 0), 0);
    const units = typesetUnits(model.variables[0].units);
    return (
      `${stations} stations in ${cells} cells; mean of the field ${mean.toFixed(1)}, highest ` +
      `${highest.toFixed(1)} ${units}. ${model.name} ${model.version} in ${model.precision}, ${runtime}, ` +
      `${threads} ${threads === 1 ? "thread" : "threads"}.`
    );
  }

  #date(number) {
    return dayText(this.#fusion.observations.times[this.#fusion.days[number]]);
  }

  get #fields() {
    return this.#fusion.fields[this.#day];
  }

  #saveCsv() {
    const { model } = this.#fusion;
    const date = this.#date(this.#day);
    save(
      [fieldCsv(model, date, this.#fields)],
      `${model.variables[0].name}_${date}.csv`,
      "text/csv",
    );
  }

  async #savePicture() {
    const { model, files, timeZone, quality } = this.#fusion;
    const [first, ...others] = files;
    const named = others.length > 2 ? `${first} and ${others.length} more files` : files.join(", ");
    const source =
      `Fused from ${named} with ${model.name} ${model.version} (pointfuse), days of ${timeZone}, ` +
      `quality control ${quality ? "on" : "off"}. Coasts and borders: Natural Earth.`;
    const name = `${model.variables[0].name}_${this.#date(this.#day)}.png`;
    save([await pictureOf(this.#map, { ...this.#words, source })], name, "image/png");
  }

  #saveNetcdf() {
    const pieces = netcdfBytes(cfDataset(this.#fusion, new Date()));
    save(pieces, `${this.#nameOfAll}.nc`, "application/x-netcdf");
  }

  #saveFlags() {
    save([this.#fusion.quality.flags], `${this.#nameOfAll}_flags.csv`, "text/csv");
  }

  /** What files are called that are of all days. */
  get #nameOfAll() {
    const { model, fields } = this.#fusion;
    const dates = [...new Set([this.#date(0), this.#date(fields.length - 1)])].join("_");
    return `${model.variables[0].name}_${dates}`;
  }
}

/** Have the browser save a file. */
function save(pieces, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(pieces, { type }));
  link.download = name;
  link.click();
  // The browser reads it in its own time.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
