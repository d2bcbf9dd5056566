import { Button } from "@/components/ui/Button";
import { CodeBlock } from "@/components/ui/CodeBlock";

/** A link that nobody can show again; `label` names it for its copy button. */
export function OneTimeLink({ url, label, onDone }: { url: string; label: string; onDone: () => void }) {
  return (
    <div className="flex flex-col gap-4">
      <CodeBlock code={url} label={label} />
      <Button variant="primary" size="lg" className="sm:self-end" onClick={onDone}>
        I have copied it
      </Button>
    </div>
  );
}
