/** Failures that the server answered: the sentence for the person and the engine's code. */

import { l10n } from "vscode";
import { withTitles } from "./hints";

export interface Failure {
  readonly message: string;
  /** The engine's code, as `record_changed`. */
  readonly code: string | undefined;
  /** What to try, as the engine says it; empty where it says nothing. */
  readonly hint: string;
}

const CANCELLED = -32800;
const METHOD_NOT_FOUND = -32601;

/** What an error says; undefined for one that only means that somebody cancelled. */
export function failure(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) {
    return { message: String(error), code: undefined, hint: "" };
  }
  const { code, data } = error as { code?: unknown; data?: { code?: string; hint?: string } };
  if (code === CANCELLED || error.name === "Canceled" || error.message === "Canceled") {
    return undefined;
  }
  if (code === METHOD_NOT_FOUND) {
    const message = l10n.t("The magray server is older than this extension and cannot do that: update it.");
    return { message, code: "too_old", hint: "" };
  }
  return { message: withTitles(error.message), code: data?.code, hint: data?.hint ?? "" };
}
