/** Rules in words: why a file is in the index or not. */

import { l10n } from "vscode";
import type { PathStanding } from "../protocol/generated";
import { idOf, SCHEME } from "../records/uris";

/** A sentence about a file, for a person who misses it. */
export function whyText(standing: PathStanding): string {
  const { path } = standing;
  switch (standing.state) {
    case "indexed":
      return indexed(standing);
    case "changed":
      return l10n.t("{0} is indexed, and has changed since; it is read again in a moment.", path);
    case "not_indexed":
      return l10n.t("{0} is not indexed yet.", path);
    case "left_out":
      return leftOut(standing);
    case "skipped":
      return l10n.t("{0} should be indexed and was skipped: {1}", path, standing.reason);
    case "gone":
      return l10n.t("{0} is not there any more.", path);
    case "missing":
      return l10n.t("{0} does not exist, and nothing of it is indexed.", path);
    case "outside":
      return l10n.t("{0} lies outside of the folders that are open.", lastName(path));
    case "folder":
      return l10n.t("{0}: {1} indexed files below it.", path, standing.files ?? 0);
    default:
      return `${path}: ${standing.reason}`;
  }
}

/** The sentence for a document that is no file of this machine. */
export function noFileText({ scheme, path }: { readonly scheme: string; readonly path: string }): string {
  switch (scheme) {
    case "untitled":
      return l10n.t("{0} has no file yet: save it first.", lastName(path));
    case SCHEME:
      return l10n.t("{0} is a record, which needs no index.", idOf(path) ?? path);
    default:
      return l10n.t("{0} is no file of this machine.", lastName(path));
  }
}

function lastName(path: string): string {
  return path.split(/[\\/]/).at(-1) || path;
}

function indexed(standing: PathStanding): string {
  const { path, passages, embedded } = standing;
  const redacted = Object.values(standing.redacted).reduce((sum, count) => sum + count, 0);
  const text =
    embedded < passages
      ? l10n.t("{0} is indexed (passages: {1}, by meaning so far: {2}).", path, passages, embedded)
      : l10n.t("{0} is indexed (passages: {1}).", path, passages);
  return redacted > 0 ? `${text} ${l10n.t("{0} secrets were taken out of it.", redacted)}` : text;
}

function leftOut(standing: PathStanding): string {
  const { path, reason, source, pattern } = standing;
  const place = [source, pattern && `\`${pattern}\``].filter((part) => part !== "").join(" ");
  return place
    ? l10n.t("{0} is left out: {1} ({2}).", path, reason, place)
    : l10n.t("{0} is left out: {1}.", path, reason);
}

/** The share of files that are indexed, as `120 of 130 files`. */
export function coverageText(files: number, notIndexed: number): string {
  return l10n.t("{0} of {1} files", files, files + notIndexed);
}
