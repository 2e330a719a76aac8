/** Versions: a record's version as the time by which an editor tells whether a file has changed. */

import type { Record } from "../protocol/generated";

export interface Opened {
  readonly version: string;
  readonly stamp: number;
}

/** Milliseconds of the last change; two changes within a second differ by their versions. */
export function stamp(record: Pick<Record, "updated" | "version">): number {
  let sum = 0;
  for (const character of record.version) {
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000;
  }
  return Math.floor(Date.parse(record.updated) / 1_000) * 1_000 + sum;
}
