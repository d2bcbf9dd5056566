const EXAMPLES = [
  "Explain how a token budget protects an API key",
  "Write a TypeScript function that parses server-sent events",
  "Compare SQLite and Postgres for a small team in a table",
  "Plan a calm weekend in a city by the sea",
];

/** The page of a new chat: something to start from. */
export function EmptyChat({ onPick }: { onPick: (prompt: string) => void }) {
  return (
    <div className="mx-auto flex min-h-0 w-full max-w-3xl flex-1 flex-col justify-center overflow-y-auto px-4 py-8 sm:px-6">
      <h2 className="text-2xl font-semibold tracking-tight">What can Claude do for you?</h2>
      <p className="mt-1.5 text-muted-foreground">
        Every answer shows the tokens it used and what they cost.
      </p>
      <ul className="mt-6 grid gap-2.5 sm:grid-cols-2">
        {EXAMPLES.map((example) => (
          <li key={example}>
            <button
              type="button"
              onClick={() => onPick(example)}
              className="h-full w-full rounded-xl border border-border bg-card px-4 py-3 text-left text-sm shadow-soft transition-colors hover:border-input hover:bg-muted/60"
            >
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
