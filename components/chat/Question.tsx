/** What the reader asked, exactly as typed. */
export function Question({ text }: { text: string }) {
  return (
    <article aria-label="Your message" className="flex justify-end">
      <p className="max-w-[85%] rounded-2xl rounded-br-md border border-border bg-muted px-4 py-2.5 whitespace-pre-wrap [overflow-wrap:anywhere]">
        {text}
      </p>
    </article>
  );
}
