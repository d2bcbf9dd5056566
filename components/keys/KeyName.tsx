import Link from "next/link";
import type { ApiKey } from "./ApiKey";

/** The name of a key and what is known of its secret; whose it is when it is not the viewer's. */
export function KeyName({ apiKey, viewerEmail }: { apiKey: ApiKey; viewerEmail: string }) {
  return (
    <div className="min-w-0">
      <Link
        href={`/keys/${apiKey.apiKeyId}`}
        className="block truncate rounded-sm font-medium underline-offset-4 hover:underline"
      >
        {apiKey.name}
      </Link>
      <div className="truncate text-[0.8125rem] text-muted-foreground">
        <span className="font-mono">ccg_live_…{apiKey.lastFour}</span>
        {apiKey.memberEmail !== viewerEmail && ` · ${apiKey.memberEmail}`}
      </div>
    </div>
  );
}
