import { Button } from "@/components/ui/Button";
import { CodeBlock } from "@/components/ui/CodeBlock";
import { Dialog } from "@/components/ui/Dialog";

/** Shows a link for somebody, the only time that anyone sees it; `name` says what it is. */
export function OneTimeLinkDialog({
  name,
  url,
  email,
  lifetime,
  onClose,
}: {
  name: string;
  url: string;
  email: string;
  lifetime: string;
  onClose: () => void;
}) {
  return (
    <Dialog
      isOpen
      onClose={onClose}
      isDismissable={false}
      title={`Copy the ${name} now`}
      description={`Send it to ${email}. It works once, within ${lifetime}, and nobody can show it again.`}
    >
      <div className="flex flex-col gap-4">
        <CodeBlock code={url} label={name} />
        <Button variant="primary" size="lg" className="sm:self-end" onClick={onClose}>
          I have copied it
        </Button>
      </div>
    </Dialog>
  );
}
