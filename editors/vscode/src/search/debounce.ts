/** Debounce: the first key after a pause acts at once, those that follow act when they pause. */

export const QUIET_MS = 150;

export interface Timers {
  now(): number;
  set(act: () => void, ms: number): unknown;
  clear(timer: unknown): void;
}

const REAL: Timers = {
  now: () => performance.now(),
  set: (act, ms) => setTimeout(act, ms),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

export class Debounce {
  private last = Number.NEGATIVE_INFINITY;
  private timer: unknown;

  /** `leading`: whether the first call acts at once. */
  constructor(
    private readonly quietMs: number = QUIET_MS,
    private readonly leading = true,
    private readonly timers: Timers = REAL,
  ) {}

  /** Act now after a pause, else once the calls pause; a later call takes the place of one that waits. */
  run(act: () => void): void {
    const now = this.timers.now();
    const quiet = now - this.last >= this.quietMs;
    this.last = now;
    this.cancel();
    if (quiet && this.leading) {
      act();
    } else {
      this.timer = this.timers.set(() => {
        this.timer = undefined;
        act();
      }, this.quietMs);
    }
  }

  cancel(): void {
    if (this.timer !== undefined) {
      this.timers.clear(this.timer);
      this.timer = undefined;
    }
  }
}
