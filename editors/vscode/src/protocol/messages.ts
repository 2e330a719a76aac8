/** Messages: the server's requests by their short names, from the generated types. */

import type * as generated from "./generated";

type Generated = generated.Requests;
type ShortName<Method> = Method extends `magray/${infer Name}` ? Exclude<Name, "trash" | "backup"> : never;
type Unnamed<Given> = Omit<Given, "command">;

/** Requests of several commands: `trash.restore` is the command `restore` of `magray/trash`. */
interface Grouped {
  "trash.list": [Unnamed<generated.TrashListParams>, generated.RecordPage];
  "trash.restore": [Unnamed<generated.TrashRestoreParams>, generated.ChangedRecords];
  "backup.backup": [Unnamed<generated.MakeBackupParams>, generated.BackedUp];
  "backup.list": [Unnamed<generated.ListBackupsParams>, generated.Backups];
}

export type RequestName = ShortName<keyof Generated> | keyof Grouped;
type Pair<K extends RequestName> = K extends keyof Grouped
  ? Grouped[K]
  : Generated[`magray/${Exclude<K, keyof Grouped>}`];

export type Params<K extends RequestName> = Pair<K>[0];
export type Result<K extends RequestName> = Pair<K>[1];
export type Scope = NonNullable<generated.SearchParams["in"]>;

/** The method of a request, and its params with the command where it is one of several. */
export function asMessage(name: RequestName, params: object): { method: string; params: object } {
  const [group = "", command] = name.split(".");
  return { method: `magray/${group}`, params: command === undefined ? params : { ...params, command } };
}
