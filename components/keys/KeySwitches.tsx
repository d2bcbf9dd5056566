"use client";

import { useMutation } from "convex/react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/Button";
import { ConfirmDialog } from "@/components/ui/ConfirmDialog";
import { errorText } from "@/components/ui/errorText";
import { api } from "@/convex/_generated/api";
import type { ApiKey } from "./ApiKey";
import { RevokeKeyDialog } from "./RevokeKeyDialog";

/** Pause, resume, kill and revoke: from the gentle to the final one. */
export function KeySwitches({ apiKey }: { apiKey: ApiKey }) {
  const { apiKeyId, name } = apiKey;
  const pause = useMutation(api.apiKeys.pause);
  const resume = useMutation(api.apiKeys.resume);
  const kill = useMutation(api.apiKeys.kill);
  const [asking, setAsking] = useState<"kill" | "revoke">();
  const change = async (mutate: typeof pause, sentence: string) => {
    try {
      await mutate({ apiKeyId });
      toast(sentence);
    } catch (error) {
      toast.error(errorText(error));
    }
  };
  return (
    <div className="flex flex-wrap gap-2">
      {apiKey.pausedAt === undefined ? (
        <Button size="sm" onClick={() => void change(pause, `Paused “${name}”; what runs may finish.`)}>
          Pause
        </Button>
      ) : (
        <Button size="sm" variant="primary" onClick={() => void change(resume, `“${name}” works again.`)}>
          Resume
        </Button>
      )}
      {apiKey.killedAt === undefined && (
        <Button size="sm" onClick={() => setAsking("kill")}>
          Kill
        </Button>
      )}
      <Button size="sm" onClick={() => setAsking("revoke")}>
        Revoke
      </Button>
      {asking === "kill" && (
        <ConfirmDialog
          isOpen
          onClose={() => setAsking(undefined)}
          title={`Kill “${name}”?`}
          confirmLabel="Kill key"
          errorText={errorText}
          onConfirm={async () => {
            await kill({ apiKeyId });
            toast(`Killed “${name}”.`);
          }}
        >
          Its next requests are refused, and every answer that it is receiving now ends within six seconds.
          You can resume it later.
        </ConfirmDialog>
      )}
      {asking === "revoke" && <RevokeKeyDialog apiKey={apiKey} onClose={() => setAsking(undefined)} />}
    </div>
  );
}
