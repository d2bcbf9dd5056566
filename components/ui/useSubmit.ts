"use client";

import { type FormEvent, useState } from "react";
import { flushSync } from "react-dom";
import { errorText } from "./errorText";

/** Runs a form's work: busy while it runs; afterwards the sentence of what it threw, and the focus in the first wrong field. */
export function useSubmit(work: () => Promise<void>): {
  isBusy: boolean;
  problem: string | undefined;
  submit: (event: FormEvent<HTMLFormElement>) => Promise<void>;
} {
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    setIsBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(errorText(error));
    } finally {
      flushSync(() => setIsBusy(false));
      // It may be out of sight, far above the button.
      form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
    }
  }
  return { isBusy, problem, submit };
}
