import { Field } from "@/components/ui/Field";
import { Input } from "@/components/ui/Input";
import { LIMIT_FIELDS, type LimitProblems, type LimitValues } from "./limitValues";

/** A field for every limit; an empty one is no limit. */
export function LimitFields({
  values,
  problems,
  onChange,
}: {
  values: LimitValues;
  problems: LimitProblems;
  onChange: (values: LimitValues) => void;
}) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {LIMIT_FIELDS.map(({ name, label, unit }) => (
        <Field key={name} label={label} error={problems[name]}>
          {(control) => (
            <Input
              {...control}
              inputMode={unit === "usd" ? "decimal" : "numeric"}
              autoComplete="off"
              placeholder="No limit"
              value={values[name]}
              onChange={(event) => onChange({ ...values, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
    </div>
  );
}
