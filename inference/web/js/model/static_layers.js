/** @module static_layers Static layers of a model file, in physical units. */

import { InputError } from "../errors.js";
import { constantTensor } from "./onnx_file.js";

const HEIGHT = "height";
const TENSOR = "static_layers";

/**
 * Height of the cells of a model, which tells a mountain station from one in the valley.
 * @param {string} name name of the file, for messages
 * @param {Uint8Array} content the whole file
 * @param {import("./metadata.js").Model} model what the file says of itself
 * @returns {Float32Array | null} m, by cell; null where the graph holds none
 * @throws {InputError} if the layers do not fit the grid
 */
export function readHeight(name, content, { grid, staticLayers }) {
  const layer = staticLayers.findIndex((each) => each.name === HEIGHT);
  if (layer < 0) return null;
  const sizes = [staticLayers.length * grid.size, staticLayers.length, staticLayers.length];
  const whole = constantTensor(content, TENSOR);
  // In a byte a cell, with the size of a step and the step that is 0.
  const parts = ["_steps", "_scale", "_zero"].map((part) => constantTensor(content, TENSOR + part));
  if (!whole && !parts[0]) return null;
  const found = whole ? [whole] : parts;
  if (!found.every((tensor, i) => tensor?.length === sizes[i])) {
    throw new InputError(
      `${name} declares static layers that its graph does not hold, or not in single precision or ` +
        "bytes; export the model again",
    );
  }
  const [steps, scale, zero] = parts;
  // In single precision, as the network computes it.
  const unit = Math.fround(staticLayers[layer].scale);
  return Float32Array.from({ length: grid.size }, (_, cell) => {
    const at = layer * grid.size + cell;
    return unit * (whole ? whole[at] : Math.fround((steps[at] - zero[layer]) * scale[layer]));
  });
}
