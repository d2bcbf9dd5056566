import { useViewer } from "@/components/layout/ViewerContext";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { formatDate } from "@/components/ui/format/formatTime";
import { keyState, limitsText } from "./ApiKey";
import { KeyName } from "./KeyName";
import type { KeyListProps } from "./KeyTable";
import { SpentOfBudget } from "./SpentOfBudget";

/** The keys at phone width. */
export function KeyCards({ keys, canChange, onRevoke }: KeyListProps) {
  const viewer = useViewer();
  const now = Date.now();
  return (
    <ul aria-label="Keys" className="divide-y divide-border md:hidden">
      {keys.map((key) => {
        const state = keyState(key, now);
        return (
          <li key={key.apiKeyId} className="flex flex-col gap-3 px-4 py-4">
            <div className="flex items-start justify-between gap-3">
              <KeyName apiKey={key} viewerEmail={viewer.email} />
              <Badge tone={state.tone}>{state.word}</Badge>
            </div>
            <SpentOfBudget apiKey={key} />
            <div className="flex items-end justify-between gap-3">
              <p className="text-[0.8125rem] text-muted-foreground">
                {limitsText(key)}
                <br />
                Created {formatDate(key.createdAt)}
              </p>
              {canChange && key.revokedAt === undefined && (
                <Button size="sm" onClick={() => onRevoke(key)} aria-label={`Revoke ${key.name}`}>
                  Revoke
                </Button>
              )}
            </div>
          </li>
        );
      })}
    </ul>
  );
}
