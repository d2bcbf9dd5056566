"use client";

import { useCallback, useState } from "react";

type Draft = { text: string; model: string | null };

const EMPTY_DRAFT: Draft = { text: "", model: null };

type ChangeDraft = (conversation: string, next: (draft: Draft) => Draft) => void;

/** What is being written in each conversation and which model was picked for it; gone with the page. */
export function useDraft(conversation: string): { draft: Draft; change: ChangeDraft } {
  const [drafts, setDrafts] = useState<Readonly<Record<string, Draft>>>({});
  const change = useCallback<ChangeDraft>(
    (key, next) => setDrafts((all) => ({ ...all, [key]: next(all[key] ?? EMPTY_DRAFT) })),
    [],
  );
  return { draft: drafts[conversation] ?? EMPTY_DRAFT, change };
}
