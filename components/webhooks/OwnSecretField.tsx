import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";

/** The secret of a sender that chooses it: Stripe, Slack. */
export function OwnSecretField({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (secret: string) => void;
}) {
  return (
    <Field label={label}>
      {(control) => (
        <Input
          {...control}
          type="password"
          autoComplete="off"
          value={value}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  );
}
