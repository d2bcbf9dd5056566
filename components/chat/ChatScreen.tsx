"use client";

import { useQuery } from "convex/react";
import { useEffect } from "react";
import { useViewer } from "@/components/layout/ViewerContext";
import { api } from "@/convex/_generated/api";
import { ChatDrawer } from "./ChatDrawer";
import { Conversation } from "./Conversation";
import { keepSendsOf } from "./promptSends";
import { ThreadList } from "./ThreadList";
import { useChatThreadId } from "./useChatThreadId";

/** The chat: the reader's threads at the side (on phones in a drawer) and the open one. */
export function ChatScreen() {
  const { memberId } = useViewer();
  useEffect(() => keepSendsOf(memberId), [memberId]);
  const threadId = useChatThreadId();
  const thread = useQuery(api.threads.get, threadId === null ? "skip" : { threadId });
  return (
    <div className="flex h-full min-h-0">
      <aside
        aria-label="Chats"
        className="hidden w-64 shrink-0 flex-col border-r border-sidebar-border bg-sidebar text-sidebar-foreground md:flex"
      >
        <ThreadList currentThreadId={threadId} />
      </aside>
      <section aria-label="Conversation" className="flex min-w-0 flex-1 flex-col">
        <div className="flex h-12 shrink-0 items-center gap-1 border-b border-border px-2 md:hidden">
          <ChatDrawer currentThreadId={threadId} />
          <p className="min-w-0 flex-1 truncate text-sm font-medium">{thread?.title ?? "New chat"}</p>
        </div>
        <h1 className="sr-only">{thread?.title ?? "New chat"}</h1>
        <Conversation threadId={threadId} />
      </section>
    </div>
  );
}
