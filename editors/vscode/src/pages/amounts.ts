/** Amounts as people read them, in the editor's language. */

import { l10n } from "vscode";

export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 })} ${units[unit]}`;
}

export function time(iso: string | null): string {
  return iso === null ? l10n.t("never") : new Date(iso).toLocaleString();
}
