/** Marks: where records are about lines of a document, from the server's lenses. */

import { l10n } from "vscode";

/** A lens of the protocol, as far as marks need it. */
export interface Lens {
  readonly range: { readonly start: { readonly line: number } };
  readonly command?: { readonly command: string; readonly arguments?: readonly unknown[] };
}

export interface Mark {
  readonly line: number;
  readonly ids: readonly string[];
  /** Those whose lines no longer say what was cited. */
  readonly changed: readonly string[];
}

export const SHOW_RECORDS = "magray.showRecords";

/** Whether a lens is about records; others count related places. */
export function isOfRecords(lens: Lens): boolean {
  return lens.command?.command === SHOW_RECORDS;
}

export function marksOf(lenses: readonly Lens[]): Mark[] {
  return lenses.filter(isOfRecords).flatMap((lens) => {
    const [given] = lens.command?.arguments ?? [];
    const { ids, changed } = (given ?? {}) as { ids?: string[]; changed?: string[] };
    return ids === undefined ? [] : [{ line: lens.range.start.line, ids, changed: changed ?? [] }];
  });
}

/** What is told when the mark's line is pointed at. */
export function markText(mark: Mark): string {
  const count =
    mark.ids.length === 1
      ? l10n.t("Remembered: {0}", mark.ids[0] ?? "")
      : l10n.t("Remembered: {0} records", mark.ids.length);
  if (mark.changed.length === 0) {
    return count;
  }
  return `${count} — ${l10n.t("these lines changed since ({0})", mark.changed.join(", "))}`;
}
