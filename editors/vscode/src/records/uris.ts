/** URIs of records: `magray:/records/n17.md` is the record, `magray-history:` a former state of it. */

export const SCHEME = "magray";
export const HISTORY_SCHEME = "magray-history";
export const FOLDER = "/records";

const PATH = /^\/{0,2}records\/(n\d{1,18})\.md$/i;

/** The id of the record that a path names; undefined for any other path. */
export function idOf(path: string): string | undefined {
  return PATH.exec(path)?.[1]?.toLowerCase();
}

export function pathOf(id: string): string {
  return `${FOLDER}/${id}.md`;
}
