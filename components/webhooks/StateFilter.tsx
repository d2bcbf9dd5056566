import { Label } from "@/components/ui/Label";
import { Select } from "@/components/ui/Select";
import { keysOf, stateOf } from "./states";

/** Shows only rows in one state. */
export function StateFilter<State extends string>({
  states,
  value,
  onChange,
}: {
  states: Record<State, { word: string }>;
  value: State | undefined;
  onChange: (state: State | undefined) => void;
}) {
  return (
    <div className="flex items-center gap-2">
      <Label htmlFor="state-filter">State</Label>
      <Select
        id="state-filter"
        value={value ?? ""}
        onChange={({ target }) => onChange(stateOf(states, target.value))}
      >
        <option value="">All</option>
        {keysOf(states).map((state) => (
          <option key={state} value={state}>
            {states[state].word}
          </option>
        ))}
      </Select>
    </div>
  );
}
