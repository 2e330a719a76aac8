/** Restart policy: a server that ends is started again, but not for ever. */

export const MOST = 3;
export const WITHIN_MS = 3 * 60_000;

export class RestartPolicy {
  private ends: number[] = [];

  constructor(private readonly now: () => number = Date.now) {}

  /** Whether to start again after the server has ended once more. */
  ended(): boolean {
    const now = this.now();
    this.ends = [...this.ends.filter((time) => now - time < WITHIN_MS), now];
    return this.ends.length <= MOST;
  }

  /** Forget what was: the person starts it. */
  reset(): void {
    this.ends = [];
  }
}
