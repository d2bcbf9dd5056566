"use client";

import { usePathname } from "next/navigation";
import { useEffect } from "react";
import { leaveNewChat, usePromptSends } from "./promptSends";

/**
 * The thread that is on the screen: the URL's, or the one that the first prompt of a new chat has just made. Null on the
 * page for a new chat.
 */
export function useChatThreadId(): string | null {
  const urlThreadId = threadIdOf(usePathname());
  const made = usePromptSends().findLast((send) => send.isNewChat && send.threadId !== null);
  useEffect(() => {
    if (urlThreadId !== null) leaveNewChat(urlThreadId);
  }, [urlThreadId]);
  return urlThreadId ?? made?.threadId ?? null;
}

function threadIdOf(pathname: string): string | null {
  return /^\/chat\/([^/]+)$/.exec(pathname)?.[1] ?? null;
}
