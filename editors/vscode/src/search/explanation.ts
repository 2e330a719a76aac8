/** Explanation: why a hit has its rank, each step of its score in words with a bar. */

import { l10n } from "vscode";
import type { Step } from "../protocol/generated";

export interface ExplainedStep {
  readonly name: string;
  readonly change: string;
  readonly bar: string;
}

const BAR = 20;

export function explained(steps: readonly Step[]): ExplainedStep[] {
  const most = Math.max(...steps.map((step) => Math.abs(step.change)), Number.EPSILON);
  return steps.map((step) => ({
    name: stepName(step.step),
    change: `${step.change < 0 ? "−" : "+"}${Math.abs(step.change).toFixed(3)}`,
    bar: (step.change < 0 ? "▒" : "█").repeat(Math.max(1, Math.round((Math.abs(step.change) / most) * BAR))),
  }));
}

/** A step in words; one that is newer than this extension keeps its name. */
function stepName(step: string): string {
  const names: Record<string, string> = {
    lexical: l10n.t("the words fit"),
    semantic: l10n.t("the meaning is near"),
    definition: l10n.t("it defines what the question names"),
    "exact name": l10n.t("it is called just as the question says"),
    phrase: l10n.t("it holds the quoted words as they stand"),
    path: l10n.t("words of the question are in the path"),
    "file name": l10n.t("the file is named like the question"),
    test: l10n.t("it is a test"),
    example: l10n.t("it is an example"),
    vendored: l10n.t("it is foreign code"),
    generated: l10n.t("it is generated"),
    data: l10n.t("it is data"),
    history: l10n.t("it is a changelog"),
    recent: l10n.t("it was changed or used lately"),
    layer: l10n.t("its layer"),
    "same file": l10n.t("other good places in the same file"),
    "another hit": l10n.t("the file has a better hit"),
    name: l10n.t("it is called just as the question says"),
    time: l10n.t("it is of the time asked for"),
    age: l10n.t("its age"),
    use: l10n.t("how often it was used"),
    importance: l10n.t("its importance"),
    pinned: l10n.t("it is pinned"),
    session: l10n.t("other good records of the same session"),
    superseded: l10n.t("another record replaces it"),
    "before code": l10n.t("records and notes come before code"),
  };
  return names[step] ?? step;
}
