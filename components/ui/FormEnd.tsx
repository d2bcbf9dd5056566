import { Button } from "./Button";
import { Notice } from "./Notice";

/** The end of a form: what went wrong, and its buttons. */
export function FormEnd({
  problem,
  isBusy,
  label,
  onCancel,
}: {
  problem: string | undefined;
  isBusy: boolean;
  label: string;
  onCancel?: () => void;
}) {
  return (
    <>
      {problem !== undefined && <Notice tone="danger">{problem}</Notice>}
      <div className="flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
        {onCancel !== undefined && (
          <Button disabled={isBusy} onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button type="submit" variant="primary" isBusy={isBusy}>
          {label}
        </Button>
      </div>
    </>
  );
}
