"use client";

import { useMutation } from "convex/react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { errorText } from "@/components/ui/errorText";
import { Input } from "@/components/ui/Input";
import { Notice } from "@/components/ui/Notice";
import { api } from "@/convex/_generated/api";
import type { ThreadSummary } from "./ThreadItem";

/** Gives a thread another title. */
export function RenameThreadDialog({ thread, onClose }: { thread: ThreadSummary; onClose: () => void }) {
  const rename = useMutation(api.threads.rename);
  const [title, setTitle] = useState(thread.title);
  const [problem, setProblem] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  async function save(event: FormEvent) {
    event.preventDefault();
    setIsBusy(true);
    try {
      await rename({ threadId: thread._id, title });
      onClose();
    } catch (error) {
      setProblem(errorText(error));
      setIsBusy(false);
    }
  }

  return (
    <Dialog isOpen onClose={onClose} title="Rename chat">
      <form onSubmit={(event) => void save(event)} className="space-y-4">
        <Input
          aria-label="Title"
          autoFocus
          required
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.target.value)}
          onFocus={(event) => event.target.select()}
        />
        {problem !== undefined && <Notice tone="danger">{problem}</Notice>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={isBusy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
