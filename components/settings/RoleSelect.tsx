import { Field } from "@/components/ui/Field";
import { Select } from "@/components/ui/Select";
import { ROLES, type Role } from "./roles";

export function RoleSelect({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  return (
    <Field label="Role" hint={ROLES.find(({ role }) => role === value)?.description}>
      {(control) => (
        <Select
          {...control}
          value={value}
          onChange={(event) => {
            const chosen = ROLES.find(({ role }) => role === event.target.value);
            if (chosen) onChange(chosen.role);
          }}
        >
          {ROLES.map(({ role, label }) => (
            <option key={role} value={role}>
              {label}
            </option>
          ))}
        </Select>
      )}
    </Field>
  );
}
