/** File system of records: each is a Markdown document that is read, edited and saved like a file. */

import {
  Disposable,
  EventEmitter,
  type FileChangeEvent,
  FileChangeType,
  type FileStat,
  FileSystemError,
  type FileSystemProvider,
  FileType,
  l10n,
  Uri,
} from "vscode";
import type { Record, RecordDetails } from "../protocol/generated";
import { failure } from "../server/failure";
import type { Server } from "../server/server";
import { FOLDER, idOf, pathOf, SCHEME } from "./uris";
import { type Opened, opened, replaced } from "./versions";

const LISTED = 1_000;

export class RecordFileSystem implements FileSystemProvider, Disposable {
  private readonly changeEmitter = new EventEmitter<FileChangeEvent[]>();
  private readonly changes: Disposable;
  /** What the editor has of each record that is open. */
  private readonly opened = new Map<string, Opened>();
  /** What it was told last that there is. */
  private readonly seen = new Map<string, Opened>();

  readonly onDidChangeFile = this.changeEmitter.event;

  constructor(private readonly server: Server) {
    this.changes = server.onRecordsChanged(() => this.recordsChanged());
  }

  watch(): Disposable {
    return new Disposable(() => undefined);
  }

  async stat(uri: Uri): Promise<FileStat> {
    if (uri.path === FOLDER || uri.path === "/") {
      return { type: FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    }
    const record = await this.record(uri);
    const { stamp, bytes } = this.see(record);
    return { type: FileType.File, ctime: Date.parse(record.created), mtime: stamp, size: bytes };
  }

  async readDirectory(uri: Uri): Promise<[string, FileType][]> {
    if (uri.path === "/") {
      return [["records", FileType.Directory]];
    }
    const page = await this.server.request("list", { limit: LISTED });
    return page.records.map((record) => [`${record.id}.md`, FileType.File]);
  }

  async readFile(uri: Uri): Promise<Uint8Array> {
    const record = await this.record(uri);
    this.opened.set(record.id, this.see(record));
    return Buffer.from(record.text);
  }

  /** Save a record; refused where somebody else has changed it since it was read. */
  async writeFile(uri: Uri, content: Uint8Array): Promise<void> {
    const id = idOf(uri.path);
    const read = id === undefined ? undefined : this.opened.get(id);
    if (id === undefined || read === undefined) {
      throw FileSystemError.NoPermissions(l10n.t("New records are made with “Remember”."));
    }
    const text = Buffer.from(content).toString("utf8");
    try {
      const version = replaced(read, this.seen.get(id));
      const record = await this.server.request("edit", { id, text, version });
      this.opened.set(id, this.see(record));
    } catch (error) {
      const failed = failure(error);
      if (failed?.code === "record_changed") {
        throw FileSystemError.Unavailable(
          l10n.t(
            "{0} was changed elsewhere since you opened it. Copy your text, then run “File: Revert File”.",
            id,
          ),
        );
      }
      throw FileSystemError.Unavailable(failed?.message ?? String(error));
    }
  }

  createDirectory(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  /** Deleting in an editor is forgetting: the trash has it. */
  async delete(uri: Uri): Promise<void> {
    const id = idOf(uri.path);
    if (id === undefined) {
      throw FileSystemError.NoPermissions(uri);
    }
    await this.server.request("forget", { ids: [id] });
    this.changeEmitter.fire([{ type: FileChangeType.Deleted, uri }]);
  }

  rename(uri: Uri): void {
    throw FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.changes.dispose();
    this.changeEmitter.dispose();
  }

  private async record(uri: Uri): Promise<RecordDetails> {
    const id = idOf(uri.path);
    if (id === undefined) {
      throw FileSystemError.FileNotFound(uri);
    }
    try {
      return await this.server.request("show", { id });
    } catch (error) {
      const failed = failure(error);
      throw failed?.code === "record_not_found"
        ? FileSystemError.FileNotFound(uri)
        : FileSystemError.Unavailable(failed?.message ?? String(error));
    }
  }

  private see(record: Record): Opened {
    const now = opened(record);
    this.seen.set(record.id, now);
    return now;
  }

  private recordsChanged(): void {
    const uris = [...this.opened.keys()].map((id) => Uri.from({ scheme: SCHEME, path: pathOf(id) }));
    this.changeEmitter.fire(uris.map((uri) => ({ type: FileChangeType.Changed, uri })));
  }
}
