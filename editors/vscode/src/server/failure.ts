/** Failures that the server answered: the sentence for the person and the engine's code. */

import { withTitles } from "./hints";

export interface Failure {
  readonly message: string;
  /** The engine's code, as `record_changed`. */
  readonly code: string | undefined;
}

const CANCELLED = -32800;

/** What an error says; undefined for one that only means that somebody cancelled. */
export function failure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) {
    return { message: String(error), code: undefined };
  }
  const { code, data } = error as { code?: unknown; data?: { code?: string } };
  if (code === CANCELLED || error.name === "Canceled" || error.message === "Canceled") {
    return undefined;
  }
  return { message: withTitles(error.message), code: data?.code };
}
