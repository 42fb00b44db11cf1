/**
 * Keeps the files of the page, so that it opens and computes without a connection.
 *
 * A build is kept whole or not at all: each file has to have the hash that `build.js` names, which
 * assemble.py writes. A page stays with the build that it began with until a person takes the next one.
 */

importScripts("build.js");

/** What the caches of this copy of the page are called: another one may be in a folder beside it. */
const OWN = `pointfuse ${self.registration.scope} `;
const CACHE = OWN + self.BUILD.hash;

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", ({ data }) => data === "take over" && self.skipWaiting());
self.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  if (method === "GET" && url.startsWith(self.registration.scope)) {
    event.respondWith(kept(event.request));
  }
});

/** Fetch all files of the build. */
async function keep() {
  const cache = await caches.open(CACHE);
  try {
    for (const [path, sha256] of Object.entries(self.BUILD.files)) {
      const response = await fetch(path, { cache: "no-cache" });
      const content = await response.clone().arrayBuffer();
      if (!response.ok || (await hashOf(content)) !== sha256) {
        throw new Error(`${path} is not that of this build (${response.status})`);
      }
      await cache.put(path, response);
    }
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

async function hashOf(content) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Drop other builds, and serve the pages that are open. */
async function takeOver() {
  const names = await caches.keys();
  const others = names.filter((name) => name.startsWith(OWN) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** A file as it was kept, with the headers it came with; what was not kept comes from the server. */
async function kept(request) {
  const cache = await caches.open(CACHE);
  const file = new URL(request.url).pathname.endsWith("/") ? "index.html" : request;
  return (
    (await cache.match(file, { ignoreSearch: true, ignoreVary: true })) ?? (await fetch(request))
  );
}
