/** @module timeline Which day is shown: buttons, a list, a slider, and days that follow each other. */

/** Time that a day is shown while they follow each other, ms. */
const PACE = 700;

const element = (id) => document.getElementById(id);

/** The controls of the day. */
export class Timeline {
  #show;
  #dates = [];
  #day = 0;
  #timer = null;

  /**
   * @param {(announced: boolean) => void} show shows the day that is chosen now, and says it to those
   *   who hear the page
   */
  constructor(show) {
    this.#show = show;
    element("previous").addEventListener("click", () => this.go(this.#day - 1));
    element("next").addEventListener("click", () => this.go(this.#day + 1));
    element("day").addEventListener("change", () => this.go(Number(element("day").value)));
    element("slider").addEventListener("input", () => this.go(Number(element("slider").value)));
    element("play").addEventListener("click", () => (this.#timer ? this.#stop() : this.#play()));
  }

  /** Position of the day that is shown. */
  get day() {
    return this.#day;
  }

  /** Begin without days. */
  clear() {
    this.#stop();
    this.#dates = [];
    this.#day = 0;
    element("day").replaceChildren();
    element("timeline").hidden = true;
  }

  /**
   * Take the next day, as it is written.
   * @param {string} date
   */
  add(date) {
    element("day").add(new Option(date, String(this.#dates.length)));
    this.#dates.push(date);
    element("slider").max = String(this.#dates.length - 1);
    element("timeline").hidden = this.#dates.length === 1;
    this.#mark();
  }

  /**
   * Show another day: the nearest there is. Whoever chooses one ends what follows by itself.
   * @param {number} number its position
   */
  go(number) {
    this.#stop();
    this.#change(number, true);
  }

  #change(number, announced) {
    const before = this.#day;
    this.#day = Math.min(Math.max(number, 0), this.#dates.length - 1);
    this.#mark();
    if (this.#day !== before) this.#show(announced);
  }

  #play() {
    if (this.#day === this.#dates.length - 1) this.#change(0, false);
    this.#timer = setInterval(() => {
      this.#change(this.#day + 1, false);
      if (this.#day === this.#dates.length - 1) this.#stop();
    }, PACE);
    element("play").textContent = "Pause";
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    element("play").textContent = "Play";
  }

  /** Have all controls say the same. */
  #mark() {
    const last = this.#dates.length - 1;
    element("day").value = String(this.#day);
    element("slider").value = String(this.#day);
    element("slider").setAttribute("aria-valuetext", this.#dates[this.#day]);
    // A button that is disabled would lose the focus to nowhere.
    element("previous").setAttribute("aria-disabled", String(this.#day === 0));
    element("next").setAttribute("aria-disabled", String(this.#day === last));
  }
}
