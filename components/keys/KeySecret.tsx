"use client";

import { useDeployment } from "@/components/layout/DeploymentContext";
import { Button } from "@/components/ui/Button";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { curlLine, environmentLines } from "./keySnippets";

/** The secret and the lines that use it. */
export function KeySecret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const { siteUrl } = useDeployment();
  return (
    <div className="flex flex-col gap-4">
      <Snippet title="Key" code={secret} label="secret key" />
      <Snippet title="Try it in a terminal" code={curlLine(siteUrl, secret)} label="curl line" />
      <Snippet
        title="Claude Code and Anthropic’s SDKs"
        code={environmentLines(siteUrl, secret)}
        label="environment variables"
      />
      <Button variant="primary" size="lg" className="mt-1 sm:self-end" onClick={onDone}>
        I have copied it
      </Button>
    </div>
  );
}

function Snippet({ title, code, label }: { title: string; code: string; label: string }) {
  return (
    <div>
      <h3 className="mb-1.5 text-[0.8125rem] font-medium">{title}</h3>
      <CodeBlock code={code} label={label} />
    </div>
  );
}
