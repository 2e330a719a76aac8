/** How the rows of an answer are shown in this window. */

import { workspace } from "vscode";
import type { SearchAnswer } from "../protocol/generated";
import type { Shown } from "./hit_text";
import { isApproximate, isByWordsOnly } from "./notices";

export function shownIn(answer: SearchAnswer | undefined): Shown {
  const roots = new Set(answer?.hits.map((hit) => hit.root).filter((root) => root !== null));
  return {
    pending: answer !== undefined && (isByWordsOnly(answer) || isApproximate(answer)),
    folders: (workspace.workspaceFolders?.length ?? 0) > 1 || roots.size > 1,
  };
}
