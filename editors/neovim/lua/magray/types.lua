---@meta
-- The language server's own requests. Made by scripts/build_editor_types.py: do not edit.

---Index the workspace, or only the paths in it.
---@class magray.IndexParams
---@field paths? string[]|string Files and folders of the workspace; without any, all of it.
---@field force? boolean Read every file again, changed or not.
---@field lexical? boolean Build the lexical index only, without the model.
---@field workspace? string

---`index`.
---@class magray.IndexReport
---@field files integer
---@field ignored integer
---@field left_out table<string, integer>
---@field passages integer
---@field embedded integer
---@field reused integer
---@field removed integer
---@field skipped magray.Skipped[]
---@field seconds magray.Seconds
---@field device? string
---@field model? string

---A file that should have been indexed.
---@class magray.Skipped
---@field path string
---@field reason string

---How long the phases took.
---@class magray.Seconds
---@field lexical number
---@field semantic? number

---Report whether and how files are indexed, or by which rule they are left out.
---@class magray.WhyParams
---@field paths? string[]|string Files and folders of the workspace.
---@field workspace? string

---`why`.
---@class magray.Standings
---@field files magray.PathStanding[]

---How a path stands to the index. `state`: indexed, changed, not_indexed, left_out, skipped, gone, folder, missing or outside; `source`: where the rule stands; `redacted`: secrets that were taken out, by kind.
---@class magray.PathStanding
---@field path string
---@field state string
---@field reason string
---@field rule? string
---@field source string
---@field pattern string
---@field kind? string
---@field language? string
---@field files? integer
---@field passages integer
---@field embedded integer
---@field left_out table<string, integer>
---@field redacted table<string, integer>

---Count what of the workspace is indexed, and what is left out, by rule.
---@class magray.CoverageParams
---@field rules? string[]|string List what this rule leaves out; repeatable.
---@field workspace? string

---`coverage`. `left_out`: entries by rule; `entries`: those of the rules that were named.
---@class magray.Coverage
---@field root string
---@field files integer
---@field passages integer
---@field not_indexed integer
---@field left_out table<string, integer>
---@field skipped magray.Skipped[]
---@field entries magray.LeftOut[]

---An entry that a rule leaves out; the path of a folder ends with `/`.
---@class magray.LeftOut
---@field path string
---@field rule string
---@field reason string
---@field source string

---Find passages by meaning and by words.
---@class magray.SearchParams
---@field query string A question or some words.
---@field k? integer Number of hits (default 10).
---@field ["in"]? 'workspace'|'notes'|'notebook'|'all' Which vaults to search (default all).
---@field mode? 'hybrid'|'lexical'|'semantic' Lexical, semantic, or both (default).
---@field layer? string[]|string interact, insights or assets.
---@field kind? string[]|string code, doc, or a record's own kind.
---@field lang? string[]|string A programming language: python, js, c++ …
---@field path? string[]|string Paths as in .gitignore, from here or the root: src/, *.md
---@field tag? string[]|string A tag; if repeated, all must match.
---@field since? string Changed since: 2025-01-31, 3d, 2w, 6h.
---@field until? string Changed until then.
---@field explain? boolean Show how each step changed the score.
---@field partialResultToken? integer|string

---What a search gave. `mode` is what was used, `requested_mode` what was asked for.
---@class magray.SearchAnswer
---@field query string
---@field mode string
---@field requested_mode string
---@field device? string
---@field degraded? string
---@field took_ms number
---@field pending integer
---@field hits magray.Hit[]
---@field approximate? integer
---@field unreadable? string[]
---@field unmatched? magray.UnmatchedFilter[]
---@field time? magray.AskedTime
---@field as_of? string

---One ranked result. Lines are 1-based and inclusive; `path` is relative to `root`, `/` on every system.
---@class magray.Hit
---@field rank integer
---@field score number
---@field vault string
---@field root? string
---@field id string
---@field passage integer
---@field path? string
---@field uri? string
---@field start_line integer
---@field end_line integer
---@field symbol? string
---@field kind string
---@field language? string
---@field layer string
---@field tags string[]
---@field title? string
---@field key? string
---@field snippet string
---@field snippet_line integer
---@field freshness string
---@field confidence number
---@field explain? magray.Step[]
---@field copies? integer
---@field copy_paths? string[]
---@field updated? string
---@field created? string
---@field session? string
---@field project? string
---@field pinned? boolean
---@field citation? string
---@field source? magray.Source
---@field moved_to? magray.Place
---@field superseded_by? string
---@field location? lsp.Location Where to go; null for what cannot be opened.

---One change of a hit's score, in the order applied.
---@class magray.Step
---@field step string
---@field change number

---The lines that a record is about, as they were; `commit`: what git had checked out.
---@class magray.Source
---@field path string
---@field start_line integer
---@field end_line integer
---@field commit? string

---Lines of a file, 1-based and inclusive.
---@class magray.Place
---@field path string
---@field start_line integer
---@field end_line integer

---A filter that fits no document. `nearest` is the value most like it that does; `message` a sentence.
---@class magray.UnmatchedFilter
---@field filter string
---@field value string
---@field nearest? string
---@field message string

---The time that a question asks for, in ISO 8601.
---@class magray.AskedTime
---@field since string
---@field until string

---Find passages similar to the one at PATH, or at a LINE of it.
---@class magray.RelatedParams
---@field line? integer A line of it, counted from 1.
---@field k? integer Number of hits (default 10).
---@field uri? string
---@field path? string
---@field workspace? string

---Find what was remembered: records and notes first, then code.
---@class magray.RecallParams
---@field query string A question or some words.
---@field k? integer Number of hits (default 10).
---@field ["in"]? 'workspace'|'notes'|'notebook'|'all' Which vaults to search (default all).
---@field mode? 'hybrid'|'lexical'|'semantic' Lexical, semantic, or both (default).
---@field layer? string[]|string interact, insights or assets.
---@field kind? string[]|string code, doc, or a record's own kind.
---@field lang? string[]|string A programming language: python, js, c++ …
---@field path? string[]|string Paths as in .gitignore, from here or the root: src/, *.md
---@field tag? string[]|string A tag; if repeated, all must match.
---@field since? string Changed since: 2025-01-31, 3d, 2w, 6h.
---@field until? string Changed until then.
---@field explain? boolean Show how each step changed the score.
---@field as_of? string Answer as of a day or time: 2026-03-03, 2w, yesterday.
---@field partialResultToken? integer|string

---Store a text as a record, found by words at once and by meaning a moment later.
---@class magray.RememberParams
---@field text? string The text.
---@field title? string A title; else the text's first heading.
---@field tag? string[]|string A tag, as work/ports; may be repeated.
---@field layer? string interact (default), insights or assets.
---@field kind? string note (default), fact, decision, snippet, todo, link, message, or a word of your own.
---@field project? string The project it belongs to (default: the workspace's name).
---@field session? string The session it comes from.
---@field key? string A name of your own: a repeat of it is an update.
---@field source? string The lines of a file that it is about.
---@field supersedes? string A record that this one replaces.
---@field importance? number From 0 to 1 (default 0.5).
---@field pin? boolean Never let it expire.
---@field created_at? string When it was written, in ISO 8601 (default: now).
---@field workspace? string

---`remember`. `outcome`: created, updated, unchanged, duplicate or restored; `redacted`: secrets that were taken out of what was given, by kind.
---@class magray.Remembered
---@field id string
---@field outcome string
---@field record magray.Record
---@field near magray.NearRecord[]
---@field redacted table<string, integer>

---A record. Times are ISO 8601, in UTC. `citation`: verified, moved, changed or gone, null without a source; `version`: another one after each edit; `redacted`: secrets that were taken out, by kind.
---@class magray.Record
---@field id string
---@field text string
---@field title? string
---@field kind string
---@field layer string
---@field tags string[]
---@field project? string
---@field session? string
---@field key? string
---@field created string
---@field updated string
---@field version string
---@field last_access? string
---@field access_count integer
---@field importance number
---@field pinned boolean
---@field source? magray.Source
---@field citation? string
---@field moved_to? magray.Place
---@field superseded_by? string
---@field trashed? string
---@field redacted table<string, integer>

---A record that says nearly the same: its share of words in common, of 1.
---@class magray.NearRecord
---@field id string
---@field title? string
---@field similarity number

---List records, the last changed first.
---@class magray.ListParams
---@field layer? string[]|string interact, insights or assets.
---@field kind? string[]|string A kind, as note or decision.
---@field tag? string[]|string A tag; if repeated, all must match.
---@field project? string[]|string A project.
---@field session? string[]|string A session.
---@field pinned? boolean Only pinned records.
---@field since? string Changed since: 2025-01-31, 3d, 2w, 6h.
---@field until? string Changed until then.
---@field limit? integer Records at most (default 100).
---@field after? string The `next` of an earlier list.
---@field workspace? string

---`list`; `next` is given as `after` to read on, null at the end.
---@class magray.RecordPage
---@field records magray.Record[]
---@field next? string

---Show a record: its text, where it comes from and whether that still holds, and what links to it.
---@class magray.ShowParams
---@field id? string The id, as n17.
---@field history? boolean Show its former texts too.
---@field uri? string

---`show`: a record with its former states, the last first, what links to it, and what it replaces.
---@class magray.RecordDetails
---@field id string
---@field text string
---@field title? string
---@field kind string
---@field layer string
---@field tags string[]
---@field project? string
---@field session? string
---@field key? string
---@field created string
---@field updated string
---@field version string
---@field last_access? string
---@field access_count integer
---@field importance number
---@field pinned boolean
---@field source? magray.Source
---@field citation? string
---@field moved_to? magray.Place
---@field superseded_by? string
---@field trashed? string
---@field redacted table<string, integer>
---@field history magray.FormerState[]
---@field linked_from magray.LinkingRecord[]
---@field supersedes string[]

---What a record was from one time until another.
---@class magray.FormerState
---@field from string
---@field until string
---@field kind string
---@field title? string
---@field tags string[]
---@field text string

---A record that links to another.
---@class magray.LinkingRecord
---@field id string
---@field title? string
---@field kind string

---Change a record; what it was stays in its history.
---@class magray.EditParams
---@field id? string The id, as n17.
---@field text? string The new text; - reads it from stdin.
---@field title? string The new title; empty leaves it to the text.
---@field kind? string The new kind.
---@field version? string The `version` that was read: another one there is left as it is.
---@field uri? string

---Add and remove tags of a record: +TAG adds, -TAG removes.
---@class magray.TagParams
---@field id string The id, as n17.
---@field add? string[]|string A tag to add, as +TAG does.
---@field remove? string[]|string A tag to remove, as -TAG does.
---@field workspace? string

---Keep records for good: a pinned one never expires.
---@class magray.PinParams
---@field ids? string[]|string The ids, as n17.
---@field workspace? string

---`pin`, `unpin` and `trash restore`.
---@class magray.ChangedRecords
---@field records magray.Record[]

---Let pinned records expire again, as others do.
---@class magray.UnpinParams
---@field ids? string[]|string The ids, as n17.
---@field workspace? string

---Move records to the trash: nothing finds them, and `magray trash restore ID` brings them back.
---@class magray.ForgetParams
---@field ids? string[]|string The ids, as n17.
---@field purge? boolean Remove them for good, in the trash or not.
---@field workspace? string

---`forget`: the records in the trash; `purged` with --purge, else null.
---@class magray.Forgotten
---@field records magray.Record[]
---@field purged? magray.Purged

---`trash empty` and `forget --purge`: the ids that are gone, where was looked, what was not reached.
---@class magray.Purged
---@field ids string[]
---@field looked magray.PurgedPlace[]
---@field unreached magray.UnreachedPlace[]

---A place that was looked into: what it holds, where, and how many of it were removed; null where that is not counted.
---@class magray.PurgedPlace
---@field what string
---@field path string
---@field removed? integer

---Where something of it is, or may be; `failed`: it should have been removed and was not.
---@class magray.UnreachedPlace
---@field path string
---@field why string
---@field failed boolean

---Move records that are used to a higher layer; the background does it too, at most once an hour.
---@class magray.PromoteParams
---@field ids? string[]|string The ids, as n17.
---@field layer? string interact, insights or assets: where the named records go.
---@field dry_run? boolean List each record with the reason; change nothing.
---@field workspace? string

---`promote`, and the records of `clean`: what moved (with `dry_run`: would move), then what will later; `purged`: of what left the trash, null where nothing did; `waiting`: how many records are due and leave later, of which a run lists those that it found due, and a dry run all.
---@class magray.Moves
---@field dry_run boolean
---@field moves magray.Move[]
---@field purged? magray.Purged
---@field waiting integer
---@field seconds number

---A record that goes from one place (a layer or trash) to another (a layer, trash or removed), and why.
---@class magray.Move
---@field id string
---@field name string
---@field from string
---@field to string
---@field reason string
---@field when? string

---Move records that are no longer used to the trash, and remove files that nothing needs.
---@class magray.CleanParams
---@field dry_run? boolean List each record and file with the reason; change nothing.
---@field at_once? boolean Do not wait for a second run: records that are due leave now.
---@field records? boolean Only records; leave the files.
---@field workspace? string

---`clean`: the records, then the files that are gone (with `dry_run`: would be), and their bytes.
---@class magray.Cleaned
---@field dry_run boolean
---@field moves magray.Move[]
---@field purged? magray.Purged
---@field waiting integer
---@field seconds number
---@field bytes integer
---@field steps magray.OptimizeStep[]

---One thing that was optimized: bytes and milliseconds won, or why it could not be.
---@class magray.OptimizeStep
---@field what string
---@field place string
---@field message string
---@field bytes integer
---@field ms? number
---@field problem string

---List the records in the trash, the last forgotten first.
---@class magray.TrashListParams
---@field limit? integer Records at most (default 100).
---@field after? string The `next` of an earlier list.
---@field command? 'list'
---@field workspace? string

---Take records out of the trash: they are as they were, and are found again.
---@class magray.TrashRestoreParams
---@field ids? string[]|string The ids, as n17.
---@field command 'restore'
---@field workspace? string

---Remove what is in the trash for good, from every file that magray keeps.
---@class magray.TrashEmptyParams
---@field ids? string[]|string Only these, as n17 (default: all).
---@field command 'empty'
---@field workspace? string

---Write records to a JSON file or a folder of Markdown notes, all of them or those that match.
---@class magray.ExportParams
---@field dest string A file for JSON, a folder for Markdown.
---@field format? 'json'|'markdown' Else a folder gets notes, anything else JSON.
---@field layer? string[]|string interact, insights or assets.
---@field kind? string[]|string A kind, as note or decision.
---@field tag? string[]|string A tag; if repeated, all must match.
---@field project? string[]|string A project.
---@field session? string[]|string A session.
---@field pinned? boolean Only pinned records.
---@field since? string Changed since: 2025-01-31, 3d, 2w, 6h.
---@field until? string Changed until then.
---@field trash? boolean With the records in the trash.
---@field force? boolean Over files that no export wrote, or that were edited since.
---@field workspace? string

---`export`. `written` and `unchanged` count files; `kept`: notes that were edited since then.
---@class magray.Exported
---@field format string
---@field path string
---@field records integer
---@field written integer
---@field unchanged integer
---@field kept string[]

---Take records from a file, a folder or a zip of magray or of another tool.
---@class magray.ImportParams
---@field src string A file, a folder, a zip or a tar.gz; - reads stdin.
---@field from? string auto (default), json, markdown, obsidian, basic-memory, mem0, chatgpt, claude, mcp-memory, jsonl, magray-rust.
---@field dry_run? boolean Say what would be taken; change nothing.
---@field tag? string[]|string A tag for all that is taken; may be repeated.
---@field layer? string The layer of what has none (default assets).
---@field project? string The project of what has none.
---@field workspace? string

---`import`: what became of each item. `duplicates`: their text is a record's already; `left_out`: by rule; `skipped`: should have been taken, the first thousand; `renumbered`: could not keep their id.
---@class magray.Imported
---@field from string
---@field dry_run boolean
---@field created integer
---@field updated integer
---@field unchanged integer
---@field duplicates integer
---@field renumbered integer
---@field conflicts magray.Conflict[]
---@field left_out table<string, integer>
---@field skipped magray.Skipped[]
---@field more_skipped integer
---@field redacted table<string, integer>

---Something that was changed in its source and here: `record` is as it was, `copy` is what came.
---@class magray.Conflict
---@field path string
---@field record string
---@field copy string

---Count records, what was searched and found, and what is never used.
---@class magray.CountUsageParams
---@field since? string Count questions, uses and weeks since: 2025-01-31, 3d, 2w, 6h (default: all that is kept).
---@field limit? integer Names in each list (default 10).
---@field unused_days? integer Records count as never used after so many days without use (default 90).
---@field workspace? string

---`stats`. `since`: from when questions, uses and weeks are counted, null for all that is kept.
---@class magray.Stats
---@field since? string
---@field records magray.RecordCounts
---@field weeks magray.Week[]
---@field searches magray.Searches
---@field opened magray.Opened
---@field unused magray.Unused
---@field sizes magray.Sizes

---Records that are kept, of them pinned, and those in the trash; `bytes`: of the notebook's files.
---@class magray.RecordCounts
---@field total integer
---@field pinned integer
---@field trashed integer
---@field characters integer
---@field bytes integer
---@field by_layer table<string, integer>
---@field by_kind table<string, integer>
---@field by_tag table<string, integer>
---@field by_project table<string, integer>

---A week by its Monday: records written in it, records at its end, questions.
---@class magray.Week
---@field week string
---@field records integer
---@field total integer
---@field searches integer

---What was asked. `enabled`: whether it is kept; `unanswered`: without a hit, or with a first one whose confidence is below 0.2; `median_ms`: milliseconds of an answer.
---@class magray.Searches
---@field enabled boolean
---@field total integer
---@field unanswered integer
---@field median_ms? number
---@field queries magray.AskedQuery[]
---@field without_answer magray.AskedQuery[]
---@field found magray.Item[]

---A query: how often it was asked, of these without an answer, and when last (ISO 8601, UTC).
---@class magray.AskedQuery
---@field query string
---@field count integer
---@field unanswered integer
---@field last string

---A record (`id`) or a file (`path`), how often, and when last.
---@class magray.Item
---@field id? string
---@field path? string
---@field name string
---@field count integer
---@field last? string

---Uses of records: that they were opened, or recalled by name.
---@class magray.Opened
---@field total integer
---@field records magray.Item[]

---Records that are older than so many `days` and were not used since, the longest first.
---@class magray.Unused
---@field days integer
---@field total integer
---@field records magray.Item[]

---Bytes of the home by what they are for.
---@class magray.Sizes
---@field notebook integer
---@field workspaces integer
---@field vector_cache integer
---@field models integer
---@field backups integer
---@field logs integer
---@field usage integer
---@field other integer
---@field total integer

---Show storage, freshness, the state of the model, and problems.
---@class magray.StatusParams
---@field workspace? string

---`status`.
---@class magray.Status
---@field version string
---@field home string
---@field severity string
---@field components magray.Component[]
---@field vaults magray.DescribedVault[]
---@field device magray.Device

---One part of the program. `severity`: ok, info, warning, critical or fatal.
---@class magray.Component
---@field name string
---@field severity string
---@field summary string
---@field detail table<string, any>
---@field hint string

---A vault with the model that answers for it.
---@class magray.DescribedVault
---@field kind string
---@field root? string
---@field files integer
---@field passages integer
---@field pending integer
---@field approximate integer
---@field heads integer
---@field bytes integer
---@field last_indexed? string
---@field redacted table<string, integer>
---@field model? string
---@field change? magray.Change

---A vault that changes to another model: `made` of its passages have a vector of it, a `share` of 1.
---@class magray.Change
---@field from string
---@field to string
---@field made integer
---@field share number

---Where the model runs. `actual` is what was last observed.
---@class magray.Device
---@field requested string
---@field actual? string
---@field observed_at? string
---@field reason? string

---Back up all records with their history, and the settings, into one verified file.
---@class magray.MakeBackupParams
---@field output? string File or folder (default: the backup folder of the home).
---@field full? boolean Include the indexes of workspaces.
---@field encrypt? boolean Encrypt it with a passphrase, which is asked for.
---@field passphrase_file? string Encrypt it with the passphrase in the first line of this file.
---@field command? 'backup'
---@field workspace? string

---`backup`: the backup that was made; `left_out`: workspaces that could not be in it, a sentence each; `pruned`: files of older backups that were deleted after it.
---@class magray.BackedUp
---@field file string
---@field created string
---@field bytes integer
---@field encrypted boolean
---@field reason? string
---@field full? boolean
---@field records? integer
---@field problem? string
---@field counts table<string, integer>
---@field seconds number
---@field left_out string[]
---@field pruned string[]

---List the backups, the oldest first.
---@class magray.ListBackupsParams
---@field command 'list'
---@field workspace? string

---`backup list`, the oldest first.
---@class magray.Backups
---@field folder string
---@field backups magray.Backup[]

---A backup. `reason`: manual, daily or safety; null, as `full` and `records`, where it is not known because it is encrypted or damaged; `problem`: what is wrong with it.
---@class magray.Backup
---@field file string
---@field created string
---@field bytes integer
---@field encrypted boolean
---@field reason? string
---@field full? boolean
---@field records? integer
---@field problem? string

---Read backups from the first byte to the last row, and report what is wrong with them.
---@class magray.VerifyBackupsParams
---@field archives? string[]|string `latest`, files, or names in the list (default: all).
---@field passphrase_file? string The passphrase of encrypted backups is the first line of this file.
---@field command 'verify'
---@field workspace? string

---`backup verify`.
---@class magray.VerifiedBackups
---@field backups magray.VerifiedBackup[]

---A backup with what is wrong with it; `unread`: no passphrase opens it.
---@class magray.VerifiedBackup
---@field file string
---@field created string
---@field bytes integer
---@field encrypted boolean
---@field reason? string
---@field full? boolean
---@field records? integer
---@field problem? string
---@field unread boolean

---Restore the latest backup into a home of its own, ask it, and delete it again.
---@class magray.DrillBackupParams
---@field passphrase_file? string The passphrase of an encrypted backup is the first line of this file.
---@field command 'drill'
---@field workspace? string

---`backup drill`: the drill that passed, how many records came back, and how many were asked for.
---@class magray.Drilled
---@field archive string
---@field records integer
---@field asked integer
---@field seconds number

---Delete old backups; the last of each day, week and month stays, as many as `backup.keep_*` say.
---@class magray.PruneBackupsParams
---@field dry_run? boolean List what would be deleted; change nothing.
---@field command 'prune'
---@field workspace? string

---`backup prune`: what was deleted (with `dry_run`: would be), how many stay, and the bytes won.
---@class magray.PrunedBackups
---@field dry_run boolean
---@field deleted magray.Backup[]
---@field kept integer
---@field bytes integer

---Put the records and settings of a backup in place of those of now, or merge its records.
---@class magray.RestoreParams
---@field archive string `latest`, a file, or a name in `magray backup list`.
---@field merge? boolean Keep what is here: add what is missing, and of each record the newer text.
---@field dry_run? boolean Report what would change; change nothing.
---@field yes? boolean Do not ask before replacing.
---@field passphrase_file? string The passphrase of an encrypted backup is the first line of this file.
---@field workspace? string

---`restore`: what was restored or, with `dry_run`, would be.
---@class magray.Restored
---@field archive string
---@field created string
---@field merge boolean
---@field dry_run boolean
---@field records integer
---@field added integer
---@field changed integer
---@field removed integer
---@field purged integer
---@field settings boolean
---@field examples table<string, string[]>
---@field safety? string
---@field conflicts string[]
---@field workspaces string[]
---@field seconds number

---Merge indexes, release free space, and build the vector indexes of large workspaces.
---@class magray.OptimizeParams
---@field dry_run? boolean Report what would be done; change nothing.
---@field workspace? string

---`optimize`.
---@class magray.Optimized
---@field dry_run boolean
---@field bytes integer
---@field seconds number
---@field steps magray.OptimizeStep[]

---The params of the notification; `progress` only while indexing.
---@class magray.ServerStatus
---@field message? string
---@field progress? magray.StatusProgress
---@field state 'degraded'|'error'|'indexing'|'ready'|'starting'

---How far the indexer has got: `rate` a second.
---@class magray.StatusProgress
---@field done integer
---@field phase string
---@field rate number
---@field total? integer

---The params of the notification: another `revision` after each change of a record.
---@class magray.RecordsChanged
---@field revision? integer

---A selection in an open document, and how it is filed.
---@class magray.Selection
---@field uri string
---@field range lsp.Range
---@field title? string
---@field tags? string[]
---@field layer? string

---Records by their ids; `changed`: those whose source is not what it was.
---@class magray.RecordIds
---@field ids string[]
---@field changed? string[]

---The methods of the requests.
---@alias magray.Method
---| 'magray/index'
---| 'magray/why'
---| 'magray/coverage'
---| 'magray/search'
---| 'magray/related'
---| 'magray/recall'
---| 'magray/remember'
---| 'magray/list'
---| 'magray/show'
---| 'magray/edit'
---| 'magray/tag'
---| 'magray/pin'
---| 'magray/unpin'
---| 'magray/forget'
---| 'magray/promote'
---| 'magray/clean'
---| 'magray/trash'
---| 'magray/export'
---| 'magray/import'
---| 'magray/stats'
---| 'magray/health'
---| 'magray/backup'
---| 'magray/restore'
---| 'magray/optimize'

---The server's commands that are no requests.
---@alias magray.ServerCommand
---| 'magray.server.rememberSelection'
---| 'magray.server.showRecords'
---| 'magray.server.showRelated'

---Commands that an editor may have of its own.
---@alias magray.OwnCommand
---| 'magray.rememberSelection'
---| 'magray.showRecords'
---| 'magray.showRelated'
