/** Versions: a record's version as the time by which an editor tells whether a file has changed. */

import type { Record } from "../protocol/generated";

export interface Opened {
  readonly version: string;
  readonly stamp: number;
  readonly bytes: number;
}

export function opened(record: Pick<Record, "updated" | "version" | "text">): Opened {
  return { version: record.version, stamp: stamp(record), bytes: Buffer.byteLength(record.text) };
}

/**
 * The version that a save replaces: the one that was read; a later one that the editor has seen, where it would have
 * refused to save over that by itself, so that the person has chosen to overwrite it.
 */
export function replaced(read: Opened, seen: Opened | undefined): string {
  const refused = seen !== undefined && seen.stamp > read.stamp && seen.bytes !== read.bytes;
  return refused ? seen.version : read.version;
}

/** Milliseconds of the last change; two changes within a second differ by their versions. */
export function stamp(record: Pick<Record, "updated" | "version">): number {
  let sum = 0;
  for (const character of record.version) {
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000;
  }
  return Math.floor(Date.parse(record.updated) / 1_000) * 1_000 + sum;
}
