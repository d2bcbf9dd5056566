"use client";

import { type FormEvent, useState } from "react";
import { errorText } from "./errorText";

/** Runs a form's work: busy while it runs, the sentence of what it threw afterwards. */
export function useSubmit(work: () => Promise<void>): {
  isBusy: boolean;
  problem: string | undefined;
  submit: (event: FormEvent) => Promise<void>;
} {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  async function submit(event: FormEvent) {
    event.preventDefault();
    setIsBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(errorText(error));
    } finally {
      setIsBusy(false);
    }
  }
  return { isBusy, problem, submit };
}
