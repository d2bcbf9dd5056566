"use client";

import { useAuthToken } from "@convex-dev/auth/react";
import { useConvex } from "convex/react";
import { useCallback } from "react";
import { useDeployment } from "@/components/layout/DeploymentContext";
import { leaveNewChat, type Prompt, type PromptSend, sendPrompt } from "./promptSends";

type SendPrompt = (prompt: Prompt) => Promise<PromptSend>;

/** Sends a prompt as the signed-in member; resolves when it was accepted or refused. */
export function useSendPrompt(): SendPrompt {
  const client = useConvex();
  const { siteUrl } = useDeployment();
  const token = useAuthToken() ?? "";
  return useCallback(
    async (prompt) => {
      const send = await sendPrompt({ client, siteUrl, token }, prompt);
      if (prompt.threadId === null && send.threadId !== null) showThread(send.threadId);
      return send;
    },
    [client, siteUrl, token],
  );
}

/** Names the new thread in the address bar without a navigation, which would remount the running conversation. */
function showThread(threadId: string): void {
  if (window.location.pathname === "/chat") window.history.replaceState(null, "", `/chat/${threadId}`);
  else leaveNewChat(threadId);
}
