/** @module offline The page without a connection: its files are kept once it was loaded. */

const element = (id) => document.getElementById(id);

/**
 * Have the files of the page kept, and say so; offer another build of the page once it is there.
 * @returns {Promise<void>} after which all is arranged, though not fetched yet
 */
export async function keepOffline() {
  const service = navigator.serviceWorker;
  // Browsers keep nothing of pages that are neither from this computer nor encrypted.
  if (!service) return;
  // Where it may not, as in some private windows, the page does all else.
  const registration = await service
    .register("service_worker.js", { updateViaCache: "none" })
    .catch(() => null);
  if (!registration) return;
  service.ready.then(() => {
    element("offline").textContent =
      "This page is kept in this browser, and works without a connection.";
  });
  const offer = () => {
    // The first build has nobody to wait for.
    if (registration.waiting && service.controller) element("newer").hidden = false;
  };
  registration.addEventListener("updatefound", () =>
    registration.installing?.addEventListener("statechange", offer),
  );
  offer();
  element("take-newer").addEventListener("click", () => {
    service.addEventListener("controllerchange", () => location.reload());
    registration.waiting.postMessage("take over");
  });
}
