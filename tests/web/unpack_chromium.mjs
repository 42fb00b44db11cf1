// Unpack the Chromium of the npm package, with the libraries and fonts that a bare machine lacks.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";

const packed = new URL("node_modules/@sparticuz/chromium/bin/", import.meta.url);
const folder = new URL("chromium/", import.meta.url);
const unpacked = (name) => brotliDecompressSync(readFileSync(new URL(name, packed)));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const name of ["al2023.tar.br", "fonts.tar.br"]) {
  execFileSync("tar", ["--extract", "--no-same-owner"], { cwd: folder, input: unpacked(name) });
}
writeFileSync(new URL("chromium", folder), unpacked("chromium.br"), { mode: 0o755 });
// The fonts of the machine, if it has any, and those of the package.
const fonts = ["/usr/share/fonts", fileURLToPath(new URL("fonts", folder))];
const cache = fileURLToPath(new URL("font-cache", folder));
writeFileSync(
  new URL("fonts.conf", folder),
  `<fontconfig>${fonts.map((path) => `<dir>${path}</dir>`).join("")}<cachedir>${cache}</cachedir></fontconfig>\n`,
);
