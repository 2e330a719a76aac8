/** Messages: the server's requests and notifications by name, with their types. */

import type * as shapes from "./shapes";

type Params = { workspace?: string };

export interface Requests {
  search: { params: SearchParams; result: Answer };
  recall: { params: SearchParams & { as_of?: string }; result: Answer };
  related: { params: RelatedParams; result: Answer };
  why: { params: Params & { paths: string[] }; result: shapes.Standings };
  coverage: { params: Params & { rules?: string[] }; result: shapes.Coverage };
  index: {
    params: Params & { paths?: string[]; force?: boolean; lexical?: boolean };
    result: shapes.IndexReport;
  };
  health: { params: Params; result: shapes.Status };
  optimize: { params: { dry_run?: boolean }; result: shapes.Optimized };
  remember: { params: RememberParams; result: shapes.Remembered };
  list: { params: ListParams; result: shapes.RecordPage };
  show: { params: { id?: string; uri?: string }; result: shapes.RecordDetails };
  edit: { params: EditParams; result: shapes.Record };
  tag: { params: { id: string; add?: string[]; remove?: string[] }; result: shapes.Record };
  pin: { params: { ids: string[] }; result: shapes.ChangedRecords };
  unpin: { params: { ids: string[] }; result: shapes.ChangedRecords };
  forget: { params: { ids: string[] }; result: shapes.Forgotten };
  trash: {
    params: { command: "restore"; ids: string[] } | { command: "list"; limit?: number; after?: string };
    result: shapes.RecordPage;
  };
  backup: { params: BackupParams; result: shapes.Backup & shapes.Backups };
  restore: {
    params: { archive: string; merge?: boolean; dry_run?: boolean; yes?: boolean };
    result: Record<string, unknown>;
  };
  export: { params: { dest: string; format?: "json" | "markdown" }; result: Record<string, unknown> };
  import: { params: { src: string; from?: string }; result: Record<string, unknown> };
  stats: { params: Params; result: Record<string, unknown> };
}

export type RequestName = keyof Requests;

export interface BackupParams {
  command?: "list";
  output?: string;
  full?: boolean;
}

export interface SearchParams {
  query: string;
  k?: number;
  in?: Scope;
  mode?: "hybrid" | "lexical" | "semantic";
  layer?: string[];
  kind?: string[];
  lang?: string[];
  path?: string[];
  tag?: string[];
  since?: string;
  until?: string;
  explain?: boolean;
}

export type Scope = "workspace" | "notes" | "notebook" | "all";

export interface RelatedParams {
  uri?: string;
  path?: string;
  workspace?: string;
  line?: number;
  k?: number;
}

export interface RememberParams {
  text: string;
  title?: string;
  tag?: string[];
  layer?: string;
  kind?: string;
  project?: string;
}

export interface ListParams {
  layer?: string[];
  tag?: string[];
  project?: string[];
  limit?: number;
  after?: string;
}

export interface EditParams {
  id?: string;
  uri?: string;
  text?: string;
  title?: string;
  version?: string;
}

/** A hit with the place to open, in the editor's own counting. */
export type Hit = shapes.Hit & { location: Location | null };
export type Answer = Omit<shapes.SearchAnswer, "hits"> & { hits: Hit[] };

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export interface Location {
  uri: string;
  range: Range;
}

export interface Status {
  state: "starting" | "indexing" | "ready" | "degraded" | "error";
  message: string | null;
  progress: { phase: string; done: number; total: number | null; rate: number | null } | null;
}
