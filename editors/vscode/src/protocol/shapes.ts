/** Shapes of the server's JSON. */

export interface Place {
  path: string;
  start_line: number;
  end_line: number;
}

export interface Source extends Place {
  commit: string | null;
}

export interface Step {
  step: string;
  change: number;
}

export interface Hit {
  rank: number;
  score: number;
  confidence?: number;
  vault: string;
  root: string | null;
  id: string;
  passage: number;
  path: string | null;
  uri: string | null;
  start_line: number;
  end_line: number;
  symbol: string | null;
  kind: string;
  language: string | null;
  layer: string;
  tags: string[];
  title: string | null;
  key: string | null;
  snippet: string;
  snippet_line: number;
  freshness: string;
  explain?: Step[];
  created?: string;
  updated?: string;
  project?: string | null;
  pinned?: boolean;
  citation?: string | null;
  source?: Source | null;
  superseded_by?: string | null;
}

export interface UnmatchedFilter {
  filter: string;
  value: string;
  nearest: string | null;
  message: string;
}

export interface SearchAnswer {
  query: string;
  mode: string;
  requested_mode: string;
  device: string | null;
  degraded: string | null;
  took_ms: number;
  pending: number;
  hits: Hit[];
  unmatched?: UnmatchedFilter[];
  time?: { since: string; until: string };
  as_of?: string;
}

export interface Component {
  name: string;
  severity: string;
  summary: string;
  detail: Record<string, unknown>;
  hint: string;
}

export interface Vault {
  kind: string;
  root: string | null;
  files: number;
  passages: number;
  pending: number;
  bytes: number;
  last_indexed: string | null;
}

export interface Status {
  version: string;
  home: string;
  severity: string;
  components: Component[];
  vaults: Vault[];
  device: { requested: string; actual: string | null; observed_at: string | null; reason: string | null };
}

export interface Optimized {
  dry_run: boolean;
  bytes: number;
  seconds: number;
}

export interface IndexReport {
  files: number;
  ignored: number;
  left_out: Record<string, number>;
  passages: number;
  embedded: number;
  reused: number;
  removed: number;
  skipped: { path: string; reason: string }[];
}

export interface PathStanding {
  path: string;
  state: string;
  reason: string;
  rule: string | null;
  source: string;
  pattern: string;
  kind: string | null;
  language: string | null;
  files: number | null;
  passages: number;
  embedded: number;
  left_out: Record<string, number>;
  redacted: Record<string, number>;
}

export interface Standings {
  files: PathStanding[];
}

export interface LeftOut {
  path: string;
  rule: string;
  reason: string;
  source: string;
}

export interface Coverage {
  root: string;
  files: number;
  passages: number;
  not_indexed: number;
  left_out: Record<string, number>;
  skipped: { path: string; reason: string }[];
  entries: LeftOut[];
}

export interface Record_ {
  id: string;
  text: string;
  title: string | null;
  kind: string;
  layer: string;
  tags: string[];
  project: string | null;
  session: string | null;
  key: string | null;
  created: string;
  updated: string;
  version: string;
  last_access: string | null;
  access_count: number;
  importance: number;
  pinned: boolean;
  source: Source | null;
  citation: string | null;
  moved_to: Place | null;
  superseded_by: string | null;
  trashed: string | null;
  redacted: { [kind: string]: number };
}
export type { Record_ as Record };

export interface FormerState {
  from: string;
  until: string;
  kind: string;
  title: string | null;
  tags: string[];
  text: string;
}

export interface RecordDetails extends Record_ {
  history: FormerState[];
  linked_from: { id: string; title: string | null; kind: string }[];
  supersedes: string[];
}

export interface RecordPage {
  records: Record_[];
  next: string | null;
}

export interface ChangedRecords {
  records: Record_[];
}

export interface Forgotten {
  records: Record_[];
}

export interface Remembered {
  id: string;
  outcome: string;
  record: Record_;
  near: { id: string; title: string | null; similarity: number }[];
}

export interface Backup {
  file: string;
  created: string;
  bytes: number;
  encrypted: boolean;
  reason: string | null;
  full: boolean | null;
  records: number | null;
  problem: string | null;
}

export interface Backups {
  folder: string;
  backups: Backup[];
}
