import type { Metadata } from "next";
import type { ReactNode } from "react";
import { ChatScreen } from "@/components/chat/ChatScreen";

export const metadata: Metadata = { title: "Chat" };

/** The chat lives in the layout so that it stays mounted, with its running answers, while the open thread changes. */
export default function ChatLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <ChatScreen />
      {children}
    </>
  );
}
