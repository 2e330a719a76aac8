// The language server's own requests. Made by scripts/build_editor_types.py: do not edit.

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

/** Index the workspace, or only the paths in it. */
export interface IndexParams {
  /** Files and folders of the workspace; without any, all of it. */
  paths?: string[] | string | null;
  /** Read every file again, changed or not. */
  force?: boolean;
  /** Build the lexical index only, without the model. */
  lexical?: boolean;
  workspace?: string | null;
}

/** `index`. */
export interface IndexReport {
  files: number;
  ignored: number;
  left_out: { [name: string]: number };
  passages: number;
  embedded: number;
  reused: number;
  removed: number;
  skipped: Skipped[];
  seconds: Seconds;
  device: string | null;
  model: string | null;
}

/** A file that should have been indexed. */
export interface Skipped {
  path: string;
  reason: string;
}

/** How long the phases took. */
export interface Seconds {
  lexical: number;
  semantic: number | null;
}

/** Report whether and how files are indexed, or by which rule they are left out. */
export interface WhyParams {
  /** Files and folders of the workspace. */
  paths: string[] | string | null;
  workspace?: string | null;
}

/** `why`. */
export interface Standings {
  files: PathStanding[];
}

/** How a path stands to the index. `state`: indexed, changed, not_indexed, left_out, skipped, gone, folder, missing or outside; `source`: where the rule stands; `redacted`: secrets that were taken out, by kind. */
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
  left_out: { [name: string]: number };
  redacted: { [name: string]: number };
}

/** Count what of the workspace is indexed, and what is left out, by rule. */
export interface CoverageParams {
  /** List what this rule leaves out; repeatable. */
  rules?: string[] | string | null;
  workspace?: string | null;
}

/** `coverage`. `left_out`: entries by rule; `entries`: those of the rules that were named. */
export interface Coverage {
  root: string;
  files: number;
  passages: number;
  not_indexed: number;
  left_out: { [name: string]: number };
  skipped: Skipped[];
  entries: LeftOut[];
}

/** An entry that a rule leaves out; the path of a folder ends with `/`. */
export interface LeftOut {
  path: string;
  rule: string;
  reason: string;
  source: string;
}

/** Find passages by meaning and by words. */
export interface SearchParams {
  /** A question or some words. */
  query: string;
  /** Number of hits (default 10). */
  k?: number | null;
  /** Which vaults to search (default all). */
  in?: 'workspace' | 'notes' | 'notebook' | 'all';
  /** Lexical, semantic, or both (default). */
  mode?: 'hybrid' | 'lexical' | 'semantic';
  /** interact, insights or assets. */
  layer?: string[] | string | null;
  /** code, doc, or a record's own kind. */
  kind?: string[] | string | null;
  /** A programming language: python, js, c++ … */
  lang?: string[] | string | null;
  /** Paths as in .gitignore, from here or the root: src/, *.md */
  path?: string[] | string | null;
  /** A tag; if repeated, all must match. */
  tag?: string[] | string | null;
  /** Changed since: 2025-01-31, 3d, 2w, 6h. */
  since?: string | null;
  /** Changed until then. */
  until?: string | null;
  /** Show how each step changed the score. */
  explain?: boolean;
  partialResultToken?: number | string | null;
}

/** What a search gave. `mode` is what was used, `requested_mode` what was asked for. */
export interface SearchAnswer {
  query: string;
  mode: string;
  requested_mode: string;
  device: string | null;
  degraded: string | null;
  took_ms: number;
  pending: number;
  hits: Hit[];
  approximate?: number;
  unreadable?: string[];
  unmatched?: UnmatchedFilter[];
  time?: AskedTime;
  as_of?: string;
}

/** One ranked result. Lines are 1-based and inclusive; `path` is relative to `root`, `/` on every system. */
export interface Hit {
  rank: number;
  score: number;
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
  confidence: number;
  explain?: Step[];
  copies?: number;
  copy_paths?: string[];
  updated?: string;
  created?: string;
  session?: string | null;
  project?: string | null;
  pinned?: boolean;
  citation?: string | null;
  source?: Source | null;
  moved_to?: Place;
  superseded_by?: string | null;
  /** Where to go; null for what cannot be opened. */
  location: Location | null;
}

/** One change of a hit's score, in the order applied. */
export interface Step {
  step: string;
  change: number;
}

/** The lines that a record is about, as they were; `commit`: what git had checked out. */
export interface Source {
  path: string;
  start_line: number;
  end_line: number;
  commit: string | null;
}

/** Lines of a file, 1-based and inclusive. */
export interface Place {
  path: string;
  start_line: number;
  end_line: number;
}

/** A filter that fits no document. `nearest` is the value most like it that does; `message` a sentence. */
export interface UnmatchedFilter {
  filter: string;
  value: string;
  nearest: string | null;
  message: string;
}

/** The time that a question asks for, in ISO 8601. */
export interface AskedTime {
  since: string;
  until: string;
}

/** Find passages similar to the one at PATH, or at a LINE of it. */
export interface RelatedParams {
  /** A line of it, counted from 1. */
  line?: number | null;
  /** Number of hits (default 10). */
  k?: number | null;
  uri?: string | null;
  path?: string | null;
  workspace?: string | null;
}

/** Find what was remembered: records and notes first, then code. */
export interface RecallParams {
  /** A question or some words. */
  query: string;
  /** Number of hits (default 10). */
  k?: number | null;
  /** Which vaults to search (default all). */
  in?: 'workspace' | 'notes' | 'notebook' | 'all';
  /** Lexical, semantic, or both (default). */
  mode?: 'hybrid' | 'lexical' | 'semantic';
  /** interact, insights or assets. */
  layer?: string[] | string | null;
  /** code, doc, or a record's own kind. */
  kind?: string[] | string | null;
  /** A programming language: python, js, c++ … */
  lang?: string[] | string | null;
  /** Paths as in .gitignore, from here or the root: src/, *.md */
  path?: string[] | string | null;
  /** A tag; if repeated, all must match. */
  tag?: string[] | string | null;
  /** Changed since: 2025-01-31, 3d, 2w, 6h. */
  since?: string | null;
  /** Changed until then. */
  until?: string | null;
  /** Show how each step changed the score. */
  explain?: boolean;
  /** Answer as of a day or time: 2026-03-03, 2w, yesterday. */
  as_of?: string | null;
  partialResultToken?: number | string | null;
}

/** Store a text as a record, found by words at once and by meaning a moment later. */
export interface RememberParams {
  /** The text. */
  text?: string;
  /** A title; else the text's first heading. */
  title?: string | null;
  /** A tag, as work/ports; may be repeated. */
  tag?: string[] | string | null;
  /** interact (default), insights or assets. */
  layer?: string | null;
  /** note (default), fact, decision, snippet, todo, link, message, or a word of your own. */
  kind?: string | null;
  /** The project it belongs to (default: the workspace's name). */
  project?: string | null;
  /** The session it comes from. */
  session?: string | null;
  /** A name of your own: a repeat of it is an update. */
  key?: string | null;
  /** The lines of a file that it is about. */
  source?: string | null;
  /** A record that this one replaces. */
  supersedes?: string | null;
  /** From 0 to 1 (default 0.5). */
  importance?: number | null;
  /** Never let it expire. */
  pin?: boolean;
  /** When it was written, in ISO 8601 (default: now). */
  created_at?: string | null;
  workspace?: string | null;
}

/** `remember`. `outcome`: created, updated, unchanged, duplicate or restored; `redacted`: secrets that were taken out of what was given, by kind. */
export interface Remembered {
  id: string;
  outcome: string;
  record: Record;
  near: NearRecord[];
  redacted: { [name: string]: number };
}

/** A record. Times are ISO 8601, in UTC. `citation`: verified, moved, changed or gone, null without a source; `version`: another one after each edit; `redacted`: secrets that were taken out, by kind. */
export interface Record {
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
  redacted: { [name: string]: number };
}

/** A record that says nearly the same: its share of words in common, of 1. */
export interface NearRecord {
  id: string;
  title: string | null;
  similarity: number;
}

/** List records, the last changed first. */
export interface ListParams {
  /** interact, insights or assets. */
  layer?: string[] | string | null;
  /** A kind, as note or decision. */
  kind?: string[] | string | null;
  /** A tag; if repeated, all must match. */
  tag?: string[] | string | null;
  /** A project. */
  project?: string[] | string | null;
  /** A session. */
  session?: string[] | string | null;
  /** Only pinned records. */
  pinned?: boolean;
  /** Changed since: 2025-01-31, 3d, 2w, 6h. */
  since?: string | null;
  /** Changed until then. */
  until?: string | null;
  /** Records at most (default 100). */
  limit?: number;
  /** The `next` of an earlier list. */
  after?: string | null;
  workspace?: string | null;
}

/** `list`; `next` is given as `after` to read on, null at the end. */
export interface RecordPage {
  records: Record[];
  next: string | null;
}

/** Show a record: its text, where it comes from and whether that still holds, and what links to it. */
export interface ShowParams {
  /** The id, as n17. */
  id?: string;
  /** Show its former texts too. */
  history?: boolean;
  uri?: string | null;
}

/** `show`: a record with its former states, the last first, what links to it, and what it replaces. */
export interface RecordDetails {
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
  redacted: { [name: string]: number };
  history: FormerState[];
  linked_from: LinkingRecord[];
  supersedes: string[];
}

/** What a record was from one time until another. */
export interface FormerState {
  from: string;
  until: string;
  kind: string;
  title: string | null;
  tags: string[];
  text: string;
}

/** A record that links to another. */
export interface LinkingRecord {
  id: string;
  title: string | null;
  kind: string;
}

/** Change a record; what it was stays in its history. */
export interface EditParams {
  /** The id, as n17. */
  id?: string;
  /** The new text; - reads it from stdin. */
  text?: string | null;
  /** The new title; empty leaves it to the text. */
  title?: string | null;
  /** The new kind. */
  kind?: string | null;
  /** The `version` that was read: another one there is left as it is. */
  version?: string | null;
  uri?: string | null;
}

/** Add and remove tags of a record: +TAG adds, -TAG removes. */
export interface TagParams {
  /** The id, as n17. */
  id: string;
  /** A tag to add, as +TAG does. */
  add?: string[] | string | null;
  /** A tag to remove, as -TAG does. */
  remove?: string[] | string | null;
  workspace?: string | null;
}

/** Keep records for good: a pinned one never expires. */
export interface PinParams {
  /** The ids, as n17. */
  ids: string[] | string | null;
  workspace?: string | null;
}

/** `pin`, `unpin` and `trash restore`. */
export interface ChangedRecords {
  records: Record[];
}

/** Let pinned records expire again, as others do. */
export interface UnpinParams {
  /** The ids, as n17. */
  ids: string[] | string | null;
  workspace?: string | null;
}

/** Move records to the trash: nothing finds them, and `magray trash restore ID` brings them back. */
export interface ForgetParams {
  /** The ids, as n17. */
  ids: string[] | string | null;
  /** Remove them for good, in the trash or not. */
  purge?: boolean;
  workspace?: string | null;
}

/** `forget`: the records in the trash; `purged` with --purge, else null. */
export interface Forgotten {
  records: Record[];
  purged: Purged | null;
}

/** `trash empty` and `forget --purge`: the ids that are gone, where was looked, what was not reached. */
export interface Purged {
  ids: string[];
  looked: PurgedPlace[];
  unreached: UnreachedPlace[];
}

/** A place that was looked into: what it holds, where, and how many of it were removed; null where that is not counted. */
export interface PurgedPlace {
  what: string;
  path: string;
  removed: number | null;
}

/** Where something of it is, or may be; `failed`: it should have been removed and was not. */
export interface UnreachedPlace {
  path: string;
  why: string;
  failed: boolean;
}

/** Move records that are used to a higher layer; the background does it too, at most once an hour. */
export interface PromoteParams {
  /** The ids, as n17. */
  ids?: string[] | string | null;
  /** interact, insights or assets: where the named records go. */
  layer?: string | null;
  /** List each record with the reason; change nothing. */
  dry_run?: boolean;
  workspace?: string | null;
}

/** `promote`, and the records of `clean`: what moved (with `dry_run`: would move), then what will later; `purged`: of what left the trash, null where nothing did; `waiting`: how many records are due and leave later, of which a run lists those that it found due, and a dry run all. */
export interface Moves {
  dry_run: boolean;
  moves: Move[];
  purged: Purged | null;
  waiting: number;
  seconds: number;
}

/** A record that goes from one place (a layer or trash) to another (a layer, trash or removed), and why. */
export interface Move {
  id: string;
  name: string;
  from: string;
  to: string;
  reason: string;
  when: string | null;
}

/** Move records that are no longer used to the trash, and remove files that nothing needs. */
export interface CleanParams {
  /** List each record and file with the reason; change nothing. */
  dry_run?: boolean;
  /** Do not wait for a second run: records that are due leave now. */
  at_once?: boolean;
  /** Only records; leave the files. */
  records?: boolean;
  workspace?: string | null;
}

/** `clean`: the records, then the files that are gone (with `dry_run`: would be), and their bytes. */
export interface Cleaned {
  dry_run: boolean;
  moves: Move[];
  purged: Purged | null;
  waiting: number;
  seconds: number;
  bytes: number;
  steps: OptimizeStep[];
}

/** One thing that was optimized: bytes and milliseconds won, or why it could not be. */
export interface OptimizeStep {
  what: string;
  place: string;
  message: string;
  bytes: number;
  ms: number | null;
  problem: string;
}

/** List the records in the trash, the last forgotten first. */
export interface TrashListParams {
  /** Records at most (default 100). */
  limit?: number;
  /** The `next` of an earlier list. */
  after?: string | null;
  command?: 'list';
  workspace?: string | null;
}

/** Take records out of the trash: they are as they were, and are found again. */
export interface TrashRestoreParams {
  /** The ids, as n17. */
  ids: string[] | string | null;
  command: 'restore';
  workspace?: string | null;
}

/** Remove what is in the trash for good, from every file that magray keeps. */
export interface TrashEmptyParams {
  /** Only these, as n17 (default: all). */
  ids?: string[] | string | null;
  command: 'empty';
  workspace?: string | null;
}

/** Write records to a JSON file or a folder of Markdown notes, all of them or those that match. */
export interface ExportParams {
  /** A file for JSON, a folder for Markdown. */
  dest: string;
  /** Else a folder gets notes, anything else JSON. */
  format?: 'json' | 'markdown' | null;
  /** interact, insights or assets. */
  layer?: string[] | string | null;
  /** A kind, as note or decision. */
  kind?: string[] | string | null;
  /** A tag; if repeated, all must match. */
  tag?: string[] | string | null;
  /** A project. */
  project?: string[] | string | null;
  /** A session. */
  session?: string[] | string | null;
  /** Only pinned records. */
  pinned?: boolean;
  /** Changed since: 2025-01-31, 3d, 2w, 6h. */
  since?: string | null;
  /** Changed until then. */
  until?: string | null;
  /** With the records in the trash. */
  trash?: boolean;
  /** Over files that no export wrote, or that were edited since. */
  force?: boolean;
  workspace?: string | null;
}

/** `export`. `written` and `unchanged` count files; `kept`: notes that were edited since then. */
export interface Exported {
  format: string;
  path: string;
  records: number;
  written: number;
  unchanged: number;
  kept: string[];
}

/** Take records from a file, a folder or a zip of magray or of another tool. */
export interface ImportParams {
  /** A file, a folder, a zip or a tar.gz; - reads stdin. */
  src: string;
  /** auto (default), json, markdown, obsidian, basic-memory, mem0, chatgpt, claude, mcp-memory, jsonl, magray-rust. */
  from?: string;
  /** Say what would be taken; change nothing. */
  dry_run?: boolean;
  /** A tag for all that is taken; may be repeated. */
  tag?: string[] | string | null;
  /** The layer of what has none (default assets). */
  layer?: string | null;
  /** The project of what has none. */
  project?: string | null;
  workspace?: string | null;
}

/** `import`: what became of each item. `duplicates`: their text is a record's already; `left_out`: by rule; `skipped`: should have been taken, the first thousand; `renumbered`: could not keep their id. */
export interface Imported {
  from: string;
  dry_run: boolean;
  created: number;
  updated: number;
  unchanged: number;
  duplicates: number;
  renumbered: number;
  conflicts: Conflict[];
  left_out: { [name: string]: number };
  skipped: Skipped[];
  more_skipped: number;
  redacted: { [name: string]: number };
}

/** Something that was changed in its source and here: `record` is as it was, `copy` is what came. */
export interface Conflict {
  path: string;
  record: string;
  copy: string;
}

/** Count records, what was searched and found, and what is never used. */
export interface CountUsageParams {
  /** Count questions, uses and weeks since: 2025-01-31, 3d, 2w, 6h (default: all that is kept). */
  since?: string | null;
  /** Names in each list (default 10). */
  limit?: number;
  /** Records count as never used after so many days without use (default 90). */
  unused_days?: number;
  workspace?: string | null;
}

/** `stats`. `since`: from when questions, uses and weeks are counted, null for all that is kept. */
export interface Stats {
  since: string | null;
  records: RecordCounts;
  weeks: Week[];
  searches: Searches;
  opened: Opened;
  unused: Unused;
  sizes: Sizes;
}

/** Records that are kept, of them pinned, and those in the trash; `bytes`: of the notebook's files. */
export interface RecordCounts {
  total: number;
  pinned: number;
  trashed: number;
  characters: number;
  bytes: number;
  by_layer: { [name: string]: number };
  by_kind: { [name: string]: number };
  by_tag: { [name: string]: number };
  by_project: { [name: string]: number };
}

/** A week by its Monday: records written in it, records at its end, questions. */
export interface Week {
  week: string;
  records: number;
  total: number;
  searches: number;
}

/** What was asked. `enabled`: whether it is kept; `unanswered`: without a hit, or with a first one whose confidence is below 0.2; `median_ms`: milliseconds of an answer. */
export interface Searches {
  enabled: boolean;
  total: number;
  unanswered: number;
  median_ms: number | null;
  queries: AskedQuery[];
  without_answer: AskedQuery[];
  found: Item[];
}

/** A query: how often it was asked, of these without an answer, and when last (ISO 8601, UTC). */
export interface AskedQuery {
  query: string;
  count: number;
  unanswered: number;
  last: string;
}

/** A record (`id`) or a file (`path`), how often, and when last. */
export interface Item {
  id: string | null;
  path: string | null;
  name: string;
  count: number;
  last: string | null;
}

/** Uses of records: that they were opened, or recalled by name. */
export interface Opened {
  total: number;
  records: Item[];
}

/** Records that are older than so many `days` and were not used since, the longest first. */
export interface Unused {
  days: number;
  total: number;
  records: Item[];
}

/** Bytes of the home by what they are for. */
export interface Sizes {
  notebook: number;
  workspaces: number;
  vector_cache: number;
  models: number;
  backups: number;
  logs: number;
  usage: number;
  other: number;
  total: number;
}

/** Show storage, freshness, the state of the model, and problems. */
export interface StatusParams {
  workspace?: string | null;
}

/** `status`. */
export interface Status {
  version: string;
  home: string;
  severity: string;
  components: Component[];
  vaults: DescribedVault[];
  device: Device;
}

/** One part of the program. `severity`: ok, info, warning, critical or fatal. */
export interface Component {
  name: string;
  severity: string;
  summary: string;
  detail: { [name: string]: unknown };
  hint: string;
}

/** A vault with the model that answers for it. */
export interface DescribedVault {
  kind: string;
  root: string | null;
  files: number;
  passages: number;
  pending: number;
  approximate: number;
  heads: number;
  bytes: number;
  last_indexed: string | null;
  redacted: { [name: string]: number };
  model: string | null;
  change: Change | null;
}

/** A vault that changes to another model: `made` of its passages have a vector of it, a `share` of 1. */
export interface Change {
  from: string;
  to: string;
  made: number;
  share: number;
}

/** Where the model runs. `actual` is what was last observed. */
export interface Device {
  requested: string;
  actual: string | null;
  observed_at: string | null;
  reason: string | null;
}

/** Back up all records with their history, and the settings, into one verified file. */
export interface MakeBackupParams {
  /** File or folder (default: the backup folder of the home). */
  output?: string | null;
  /** Include the indexes of workspaces. */
  full?: boolean;
  /** Encrypt it with a passphrase, which is asked for. */
  encrypt?: boolean;
  /** Encrypt it with the passphrase in the first line of this file. */
  passphrase_file?: string | null;
  command?: 'backup';
  workspace?: string | null;
}

/** `backup`: the backup that was made; `left_out`: workspaces that could not be in it, a sentence each; `pruned`: files of older backups that were deleted after it. */
export interface BackedUp {
  file: string;
  created: string;
  bytes: number;
  encrypted: boolean;
  reason: string | null;
  full: boolean | null;
  records: number | null;
  problem: string | null;
  counts: { [name: string]: number };
  seconds: number;
  left_out: string[];
  pruned: string[];
}

/** List the backups, the oldest first. */
export interface ListBackupsParams {
  command: 'list';
  workspace?: string | null;
}

/** `backup list`, the oldest first. */
export interface Backups {
  folder: string;
  backups: Backup[];
}

/** A backup. `reason`: manual, daily or safety; null, as `full` and `records`, where it is not known because it is encrypted or damaged; `problem`: what is wrong with it. */
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

/** Read backups from the first byte to the last row, and report what is wrong with them. */
export interface VerifyBackupsParams {
  /** `latest`, files, or names in the list (default: all). */
  archives?: string[] | string | null;
  /** The passphrase of encrypted backups is the first line of this file. */
  passphrase_file?: string | null;
  command: 'verify';
  workspace?: string | null;
}

/** `backup verify`. */
export interface VerifiedBackups {
  backups: VerifiedBackup[];
}

/** A backup with what is wrong with it; `unread`: no passphrase opens it. */
export interface VerifiedBackup {
  file: string;
  created: string;
  bytes: number;
  encrypted: boolean;
  reason: string | null;
  full: boolean | null;
  records: number | null;
  problem: string | null;
  unread: boolean;
}

/** Restore the latest backup into a home of its own, ask it, and delete it again. */
export interface DrillBackupParams {
  /** The passphrase of an encrypted backup is the first line of this file. */
  passphrase_file?: string | null;
  command: 'drill';
  workspace?: string | null;
}

/** `backup drill`: the drill that passed, how many records came back, and how many were asked for. */
export interface Drilled {
  archive: string;
  records: number;
  asked: number;
  seconds: number;
}

/** Delete old backups; the last of each day, week and month stays, as many as `backup.keep_*` say. */
export interface PruneBackupsParams {
  /** List what would be deleted; change nothing. */
  dry_run?: boolean;
  command: 'prune';
  workspace?: string | null;
}

/** `backup prune`: what was deleted (with `dry_run`: would be), how many stay, and the bytes won. */
export interface PrunedBackups {
  dry_run: boolean;
  deleted: Backup[];
  kept: number;
  bytes: number;
}

/** Put the records and settings of a backup in place of those of now, or merge its records. */
export interface RestoreParams {
  /** `latest`, a file, or a name in `magray backup list`. */
  archive: string;
  /** Keep what is here: add what is missing, and of each record the newer text. */
  merge?: boolean;
  /** Report what would change; change nothing. */
  dry_run?: boolean;
  /** Do not ask before replacing. */
  yes?: boolean;
  /** The passphrase of an encrypted backup is the first line of this file. */
  passphrase_file?: string | null;
  workspace?: string | null;
}

/** `restore`: what was restored or, with `dry_run`, would be. */
export interface Restored {
  archive: string;
  created: string;
  merge: boolean;
  dry_run: boolean;
  records: number;
  added: number;
  changed: number;
  removed: number;
  purged: number;
  settings: boolean;
  examples: { [name: string]: string[] };
  safety: string | null;
  conflicts: string[];
  workspaces: string[];
  seconds: number;
}

/** Merge indexes, release free space, and build the vector indexes of large workspaces. */
export interface OptimizeParams {
  /** Report what would be done; change nothing. */
  dry_run?: boolean;
  workspace?: string | null;
}

/** `optimize`. */
export interface Optimized {
  dry_run: boolean;
  bytes: number;
  seconds: number;
  steps: OptimizeStep[];
}

/** The params of the notification; `progress` only while indexing. */
export interface ServerStatus {
  message: string | null;
  progress: StatusProgress | null;
  state: 'degraded' | 'error' | 'indexing' | 'ready' | 'starting';
}

/** How far the indexer has got: `rate` a second. */
export interface StatusProgress {
  done: number;
  phase: string;
  rate: number;
  total: number | null;
}

/** The params of the notification: another `revision` after each change of a record. */
export interface RecordsChanged {
  revision: number | null;
}

/** A selection in an open document, and how it is filed. */
export interface Selection {
  uri: string;
  range: Range;
  title?: string | null;
  tags?: string[];
  layer?: string | null;
}

/** Records by their ids; `changed`: those whose source is not what it was. */
export interface RecordIds {
  ids: string[];
  changed?: string[];
}

/** Params and answer of each request. */
export interface Requests {
  'magray/index': [IndexParams, IndexReport];
  'magray/why': [WhyParams, Standings];
  'magray/coverage': [CoverageParams, Coverage];
  'magray/search': [SearchParams, SearchAnswer];
  'magray/related': [RelatedParams, SearchAnswer];
  'magray/recall': [RecallParams, SearchAnswer];
  'magray/remember': [RememberParams, Remembered];
  'magray/list': [ListParams, RecordPage];
  'magray/show': [ShowParams, RecordDetails];
  'magray/edit': [EditParams, Record];
  'magray/tag': [TagParams, Record];
  'magray/pin': [PinParams, ChangedRecords];
  'magray/unpin': [UnpinParams, ChangedRecords];
  'magray/forget': [ForgetParams, Forgotten];
  'magray/promote': [PromoteParams, Moves];
  'magray/clean': [CleanParams, Cleaned];
  'magray/trash': [TrashListParams | TrashRestoreParams | TrashEmptyParams, RecordPage | ChangedRecords | Purged];
  'magray/export': [ExportParams, Exported];
  'magray/import': [ImportParams, Imported];
  'magray/stats': [CountUsageParams, Stats];
  'magray/health': [StatusParams, Status];
  'magray/backup': [MakeBackupParams | ListBackupsParams | VerifyBackupsParams | DrillBackupParams | PruneBackupsParams, BackedUp | Backups | VerifiedBackups | Drilled | PrunedBackups];
  'magray/restore': [RestoreParams, Restored];
  'magray/optimize': [OptimizeParams, Optimized];
}

/** Params of each notification from the server. */
export interface Notifications {
  'magray/status': ServerStatus;
  'magray/recordsChanged': RecordsChanged;
}

/** Argument and answer of each of the server's commands that is no request. */
export interface Commands {
  'magray.server.rememberSelection': [Selection, Remembered];
  'magray.server.showRecords': [RecordIds, null];
  'magray.server.showRelated': [RelatedParams, null];
}

/** Commands that an editor may have of its own, and the argument of each. */
export interface OwnCommands {
  'magray.rememberSelection': Selection;
  'magray.showRecords': RecordIds;
  'magray.showRelated': RelatedParams;
}
