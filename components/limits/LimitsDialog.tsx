"use client";

import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/ui/Button";
import { Dialog } from "@/components/ui/Dialog";
import { errorText } from "@/components/ui/errorText";
import { Notice } from "@/components/ui/Notice";
import { LimitFields } from "./LimitFields";
import { type LimitProblems, limitValues, type MeterLimits, readLimits } from "./limitValues";

/** Edits all limits of a key, a member or the gateway. */
export function LimitsDialog({
  title,
  limits,
  onSave,
  onClose,
  children,
}: {
  title: string;
  limits: MeterLimits;
  onSave: (limits: MeterLimits) => Promise<unknown>;
  onClose: () => void;
  children?: ReactNode;
}) {
  const [values, setValues] = useState(() => limitValues(limits));
  const [problems, setProblems] = useState<LimitProblems>({});
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const read = readLimits(values);
    setProblems(read.problems);
    if (Object.keys(read.problems).length > 0) return;
    setIsBusy(true);
    setRefusal(undefined);
    try {
      await onSave(read.limits);
      toast("The limits hold from the next request on.");
      onClose();
    } catch (error) {
      setRefusal(errorText(error));
      setIsBusy(false);
    }
  }

  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={title}
      description="They hold from the next request on. An empty field is no limit."
    >
      <form noValidate onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        <LimitFields values={values} problems={problems} onChange={setValues} />
        {children}
        {refusal !== undefined && <Notice tone="danger">{refusal}</Notice>}
        <div className="mt-1 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={isBusy}>
            Save limits
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
