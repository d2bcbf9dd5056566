"use client";

import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { Dialog } from "@/components/ui/Dialog";
import { FormEnd } from "@/components/ui/FormEnd";
import { useSubmit } from "@/components/ui/useSubmit";
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
  const { isBusy, problem, submit } = useSubmit(async () => {
    const read = readLimits(values);
    setProblems(read.problems);
    if (Object.keys(read.problems).length > 0) return;
    await onSave(read.limits);
    toast("The limits hold from the next request on.");
    onClose();
  });

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
        <FormEnd problem={problem} isBusy={isBusy} label="Save limits" onCancel={onClose} />
      </form>
    </Dialog>
  );
}
