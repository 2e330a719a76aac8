/** Status text: the condition of the server in a few characters and in a sentence. */

import { l10n } from "vscode";
import type { Condition } from "./condition";
import { withTitles } from "./hints";

export interface StatusText {
  readonly text: string;
  readonly tooltip: string;
  readonly severity: "error" | "warning" | undefined;
}

const ICONS: Readonly<Record<Condition["state"], string>> = {
  stopped: "circle-outline",
  missing: "cloud-download",
  starting: "sync~spin",
  indexing: "sync~spin",
  ready: "database",
  degraded: "warning",
  error: "error",
};

export function statusText(condition: Condition, device: string | null, pending: number): StatusText {
  const state = stateName(condition.state);
  const share = percent(condition);
  const short = condition.state === "indexing" && share !== undefined ? ` ${share} %` : "";
  const runs = !["stopped", "missing", "error"].includes(condition.state);
  const lines = [
    `magray: ${share === undefined ? state : `${state}, ${share} %`}`,
    withTitles(condition.message ?? ""),
    device === null || !runs ? "" : l10n.t("device: {0}", device),
    pending > 0 && runs ? l10n.t("{0} passages cannot be found by meaning yet", pending) : "",
  ];
  return {
    text: `$(${ICONS[condition.state]}) magray${short}`,
    tooltip: lines.filter((line) => line !== "").join("\n"),
    severity: condition.state === "error" ? "error" : condition.state === "degraded" ? "warning" : undefined,
  };
}

function stateName(state: Condition["state"]): string {
  const names: Record<Condition["state"], string> = {
    stopped: l10n.t("not started"),
    missing: l10n.t("the server is not installed"),
    starting: l10n.t("starting"),
    indexing: l10n.t("indexing"),
    ready: l10n.t("ready"),
    degraded: l10n.t("works with limits"),
    error: l10n.t("needs attention"),
  };
  return names[state];
}

function percent({ progress }: Condition): number | undefined {
  if (progress === null || progress.total === null || progress.total <= 0) {
    return undefined;
  }
  return Math.min(100, Math.floor((100 * progress.done) / progress.total));
}
