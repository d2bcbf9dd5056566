/** What a component needs to call Claude; `AskPanel` is this with a model picker and the costs. */
export const askSnippet = `"use client";
import { useAction } from "convex/react";
import { useState } from "react";
import { api } from "@/convex/_generated/api";

export function Ask() {
  const callClaude = useAction(api.anthropic.callClaude);
  const [answer, setAnswer] = useState("");
  const ask = async () => setAnswer((await callClaude({ prompt: "Hello" })).text);
  return <button onClick={ask}>{answer || "Ask Claude"}</button>;
}`;
