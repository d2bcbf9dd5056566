import { useViewer } from "@/components/layout/ViewerContext";
import { Badge } from "@/components/ui/Badge";
import { Button } from "@/components/ui/Button";
import { cn } from "@/components/ui/cn";
import { formatDate } from "@/components/ui/format/formatTime";
import { Table, TableCell, TableHeadCell } from "@/components/ui/Table";
import { type ApiKey, keyState, limitsText } from "./ApiKey";
import { KeyName } from "./KeyName";
import { SpentOfBudget } from "./SpentOfBudget";

export type KeyListProps = { keys: ApiKey[]; canChange: boolean; onRevoke: (key: ApiKey) => void };

export function KeyTable({ keys, canChange, onRevoke }: KeyListProps) {
  const viewer = useViewer();
  const now = Date.now();
  return (
    <div className="max-md:hidden">
      <Table label="Keys">
        <thead>
          <tr>
            <TableHeadCell>Name</TableHeadCell>
            <TableHeadCell>Spent this month</TableHeadCell>
            <TableHeadCell className="max-lg:hidden">Limits</TableHeadCell>
            <TableHeadCell>Created</TableHeadCell>
            <TableHeadCell>State</TableHeadCell>
            <TableHeadCell>
              <span className="sr-only">Actions</span>
            </TableHeadCell>
          </tr>
        </thead>
        <tbody className="divide-y divide-border">
          {keys.map((key) => {
            const state = keyState(key, now);
            return (
              <tr key={key.apiKeyId} className={cn(key.revokedAt !== undefined && "text-muted-foreground")}>
                <TableCell className="max-w-64 py-3.5">
                  <KeyName apiKey={key} viewerEmail={viewer.email} />
                </TableCell>
                <TableCell>
                  <SpentOfBudget apiKey={key} />
                </TableCell>
                <TableCell className="text-muted-foreground max-lg:hidden">{limitsText(key)}</TableCell>
                <TableCell className="whitespace-nowrap text-muted-foreground">
                  {formatDate(key.createdAt)}
                </TableCell>
                <TableCell>
                  <Badge tone={state.tone}>{state.word}</Badge>
                </TableCell>
                <TableCell className="text-right">
                  {canChange && key.revokedAt === undefined && (
                    <Button size="sm" onClick={() => onRevoke(key)} aria-label={`Revoke ${key.name}`}>
                      Revoke
                    </Button>
                  )}
                </TableCell>
              </tr>
            );
          })}
        </tbody>
      </Table>
    </div>
  );
}
