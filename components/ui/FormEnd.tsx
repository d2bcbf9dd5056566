import { Button } from "./Button";
import { Notice } from "./Notice";

/** The end of a dialog's form: why it was refused, and its two buttons. */
export function FormEnd({
  refusal,
  isBusy,
  submitLabel,
  onCancel,
}: {
  refusal: string | undefined;
  isBusy: boolean;
  submitLabel: string;
  onCancel: () => void;
}) {
  return (
    <>
      {refusal !== undefined && <Notice tone="danger">{refusal}</Notice>}
      <div className="mt-1 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" variant="primary" isBusy={isBusy}>
          {submitLabel}
        </Button>
      </div>
    </>
  );
}
