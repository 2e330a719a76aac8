/** Notices: what a list says beside its hits, the same in every list: nothing found, filters, and what was lacking. */

import { l10n } from "vscode";
import type { SearchAnswer } from "../protocol/generated";
import type { State } from "../server/condition";
import { withTitles } from "../server/hints";

export interface Notice {
  /** A theme icon's name. */
  readonly icon: string;
  readonly text: string;
}

type Answer = Pick<SearchAnswer, "hits" | "degraded" | "pending" | "approximate" | "unmatched">;

/** `nothing`: what a list says that has no hits. */
export function notices(answer: Answer, nothing = l10n.t("Nothing was found.")): Notice[] {
  const found: Notice[] = [];
  if (answer.hits.length === 0) {
    found.push({ icon: "search-stop", text: nothing });
  }
  for (const unmatched of answer.unmatched ?? []) {
    found.push({ icon: "filter", text: unmatched.message });
  }
  const missing = answer.pending - (answer.approximate ?? 0);
  if (answer.degraded !== null) {
    found.push({ icon: "warning", text: withTitles(answer.degraded) });
  } else if (isApproximate(answer)) {
    found.push({ icon: "history", text: l10n.t("the model has not read these places yet") });
  } else if (missing > 0) {
    found.push({ icon: "history", text: l10n.t("{0} passages cannot be found by meaning yet", missing) });
  }
  return found;
}

/** The notices of a view, which has one text above its rows. */
export function viewMessage(answer: Answer, nothing?: string): string {
  return notices(answer, nothing)
    .map(({ text }) => sentence(text))
    .join(" ");
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?)]$/.test(text) ? "" : "."}`;
}

/** Whether the same question may get a better answer now; vectors that are still to come are waited for. */
export function canImprove(answer: Answer, state: State): boolean {
  const lacks = answer.hits.length === 0 || answer.degraded !== null;
  return lacks || (answer.pending > 0 && state === "ready");
}

/** Whether no hit has a vector yet, which is said once. */
export function isApproximate({ hits, degraded }: Pick<Answer, "hits" | "degraded">): boolean {
  return degraded === null && hits.length > 0 && hits.every(({ freshness }) => freshness === "pending");
}

/** Whether words alone were searched: then no hit has a vector either. */
export function isByWordsOnly(answer: Pick<SearchAnswer, "mode" | "degraded">): boolean {
  return answer.mode === "lexical" && answer.degraded !== null;
}
