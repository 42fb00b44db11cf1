/** @module csv CSV files as they come: UTF-8 or GB 18030, plain or gzipped, whole or broken. */

import { InputError } from "../errors.js";

/**
 * @typedef {object} Table
 * @property {string} name name of the file, for messages
 * @property {string[]} header column names, without surrounding blanks
 * @property {{line: number, fields: string[]}[]} rows rows that are not blank
 * @property {boolean} decimalComma whether commas in numbers are decimal ones
 * @property {number} [openLine] number of a last line that has no end, and may be cut off
 * @property {string[]} remarks what is unusual about how the file is written
 */

const SEPARATORS = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars" };

/**
 * A CSV file and its rows.
 * @param {string} name name of the file, for messages
 * @param {Uint8Array} content the whole file
 * @returns {Promise<Table>}
 * @throws {InputError} if it is no text, empty, or cut off
 */
export async function readCsv(name, content) {
  return parseCsv(name, decoded(name, await unzipped(name, content)));
}

/**
 * A CSV text and its rows.
 * @param {string} name name of the file, for messages
 * @param {string} text
 * @returns {Table}
 */
export function parseCsv(name, text) {
  try {
    return parsed(name, text);
  } catch (error) {
    const [whole] = /^[^]*[\r\n]/.exec(text) ?? [""];
    if (!whole || whole === text) throw error;
    const { remarks, ...table } = parsed(name, whole);
    return { ...table, remarks: [...remarks, leftOut(name, whole.split(/\r\n|\n|\r/).length)] };
  }
}

/** The remark that the last line of a file was cut off. */
export const leftOut = (name, line) => `${name} ends within line ${line}, which was left out`;

function parsed(name, text) {
  const titles = text.split(/[\r\n]/, 1)[0].replace(/"[^"]*"/g, "");
  const [separator] = Object.keys(SEPARATORS).sort(
    (one, other) => titles.split(other).length - titles.split(one).length,
  );
  const all = text.includes('"') ? quotedRows(name, text, separator) : plainRows(text, separator);
  const [first, ...rows] = all;
  const header = (first?.fields ?? []).map((field) => field.trim());
  if (first?.line !== 1 || !header.some((field) => field)) {
    throw new InputError(
      `${name} is empty or has no header on its first line; expected a CSV file with the header ` +
        "station,longitude,latitude,date,pm25",
    );
  }
  for (const { line, fields } of rows) {
    if (fields.length !== header.length) {
      throw new InputError(
        `${name}, line ${line}: ${fields.length} fields where the header has ${header.length}; ` +
          "the file may be cut off - get it again",
      );
    }
  }
  // Decimal commas, where nothing else is parted by commas or points.
  const holds = (mark) => rows.some(({ fields }) => fields.some((field) => mark.test(field)));
  const commas = separator !== "," && holds(/^\s*[+-]?\d*,\d+\s*$/);
  const decimalComma = commas && !holds(/^\s*[+-]?\d*\.\d+\s*$/);
  const decimals = decimalComma ? ", with decimal commas" : "";
  const parted = `The columns of ${name} are parted by ${SEPARATORS[separator]}${decimals}`;
  const remarks = separator === "," ? [] : [parted];
  const openLine = /[\r\n]$/.test(text) ? undefined : rows.at(-1)?.line;
  return { name, header, rows, decimalComma, openLine, remarks };
}

async function unzipped(name, content) {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return content;
  const stream = new Blob([content]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new InputError(`${name} is a damaged or cut-off gzip file; get it again`);
  }
}

function decoded(name, content) {
  // UTF-8 refuses nearly all GB 18030 text, which takes nearly any bytes.
  for (const encoding of ["utf-8", "gb18030"]) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(content);
      if (text.includes("\0")) break;
      if (encoding === "utf-8" || canBeChinese(content)) return text;
    } catch {
      continue;
    }
  }
  const encoded = !content.includes(0);
  throw new InputError(
    encoded
      ? `${name} is neither UTF-8 nor Chinese text in GB 18030; save it as UTF-8`
      : `${name} is no text file; expected a CSV file, plain or gzipped, with the header ` +
          "station,longitude,latitude,date,pm25",
  );
}

/**
 * Whether bytes look like Chinese in GB 18030, as `stations/tables/encoding.py` tells: most of its
 * characters are in GB 2312, half of them in its first level, and they spread over all of it.
 */
function canBeChinese(content) {
  const found = new Set();
  let [all, known, common] = [0, 0, 0];
  for (let i = 0; i < content.length; i += 1) {
    const lead = content[i];
    if (lead < 0x80) continue;
    const trail = content[i + 1];
    if (trail <= 0x39) {
      i += 3; // a character of four bytes
      continue;
    }
    i += 1;
    if (lead < 0xb0 && trail >= 0xa1) continue; // a symbol
    all += 1;
    known += lead >= 0xb0 && lead <= 0xf7 && trail >= 0xa1;
    common += lead >= 0xb0 && lead <= 0xd7 && trail >= 0xa1;
    found.add(lead * 256 + trail);
  }
  if (known < 0.7 * all || common < 0.5 * all) return false;
  const leads = [...found].map((pair) => pair >> 8);
  return leads.length < 6 || (Math.min(...leads) < 0xc0 && Math.max(...leads) > 0xc8);
}

function plainRows(text, separator) {
  return text
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ line: index + 1, fields: line.split(separator) }))
    .filter(({ fields }) => fields.length > 1 || fields[0]);
}

function quotedRows(name, text, separator) {
  const rows = [];
  const mark = `\\x${separator.charCodeAt(0).toString(16).padStart(2, "0")}`;
  const plainField = `(?!")[^${mark}\\r\\n]*`;
  const next = RegExp(`(?:"((?:[^"]|"")*)"|(${plainField}))(${mark}|\\r\\n|\\n|\\r|$)`, "y");
  let line = 1;
  let fields = [];
  while (next.lastIndex < text.length || fields.length) {
    const match = next.exec(text);
    if (!match) {
      throw new InputError(`${name}, line ${line}: a quotation mark is not closed; correct it`);
    }
    const [, inQuotes, plain, end] = match;
    fields.push(inQuotes === undefined ? plain : inQuotes.replaceAll('""', '"'));
    line += inQuotes?.match(/\r\n|\n|\r/g)?.length ?? 0;
    if (end === separator) continue;
    if (fields.length > 1 || fields[0]) rows.push({ line, fields });
    fields = [];
    line += 1;
  }
  return rows;
}
