/** @module fetching Files from beside the page. */

import { InputError } from "./errors.js";

/**
 * A file from beside the page.
 * @param {string} name name of the file, for messages
 * @param {string} url
 * @param {number} size bytes that are expected
 * @param {(share: number) => void} advance told which share has come
 * @returns {Promise<Uint8Array>}
 * @throws {InputError} if it does not come
 */
export async function fetched(name, url, size, advance) {
  const content = new Uint8Array(size);
  let length = 0;
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    const reader = response.body.getReader();
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      content.set(value, length);
      length += value.length;
      advance(length / size);
    }
    if (length !== size) throw new Error(`${length} of ${size} bytes came`);
  } catch (error) {
    throw new InputError(
      `${name} could not be fetched (${error.message}); see whether it is still served`,
    );
  }
  return content;
}

/**
 * Hash of a file.
 * @param {Uint8Array} content
 * @returns {Promise<string>} empty where the browser computes none: on pages that are neither from
 *   this computer nor encrypted
 */
export async function sha256Of(content) {
  if (!self.crypto?.subtle) return "";
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
