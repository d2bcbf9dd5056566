import { useState } from "react";
import { errorText } from "./errorText";

/** Sends a form: busy meanwhile, and `refusal` says why it was refused. */
export function useSubmission(): {
  isBusy: boolean;
  refusal: string | undefined;
  submit: (send: () => Promise<void>) => Promise<void>;
} {
  const [refusal, setRefusal] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  async function submit(send: () => Promise<void>) {
    setIsBusy(true);
    setRefusal(undefined);
    try {
      await send();
    } catch (error) {
      setRefusal(errorText(error));
    } finally {
      setIsBusy(false);
    }
  }
  return { isBusy, refusal, submit };
}
