"use client";

import { useDeployment } from "@/components/layout/DeploymentContext";
import { Button } from "@/components/ui/Button";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { curlLines, nodeLines, type SenderScheme } from "./senderSnippets";

/** URL and secret of a webhook, and lines that send it an event. */
export function WebhookSecret({
  webhookId,
  scheme,
  secret,
  onDone,
}: {
  webhookId: string;
  scheme: SenderScheme;
  secret: string;
  onDone: () => void;
}) {
  const { siteUrl } = useDeployment();
  const url = `${siteUrl}/webhooks/${webhookId}`;
  return (
    <div className="flex flex-col gap-4">
      <Snippet title="URL" label="webhook URL" code={url} />
      <Snippet title="Secret" label="webhook secret" code={secret} />
      <Snippet
        title="Send an event from a terminal"
        label="curl lines"
        code={curlLines(scheme, url, secret)}
      />
      <Snippet title="From Node" label="Node lines" code={nodeLines(scheme, url, secret)} />
      <Button variant="primary" size="lg" className="mt-1 sm:self-end" onClick={onDone}>
        I have copied it
      </Button>
    </div>
  );
}

function Snippet({ title, label, code }: { title: string; label: string; code: string }) {
  return (
    <div>
      <h3 className="mb-1.5 text-[0.8125rem] font-medium">{title}</h3>
      <CodeBlock code={code} label={label} isWrapping={!code.includes("\n")} />
    </div>
  );
}
