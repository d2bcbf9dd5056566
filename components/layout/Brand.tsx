/** The mark and the name. */
export function Brand() {
  return (
    <span className="inline-flex items-center gap-2.5 font-semibold tracking-tight">
      <svg aria-hidden viewBox="0 0 32 32" className="size-6 shrink-0">
        <rect width="32" height="32" rx="9" className="fill-primary" />
        <g fill="none" strokeWidth="2.6" strokeLinecap="round" className="stroke-primary-foreground">
          <path d="M8.5 24V15a7.5 7.5 0 0 1 15 0v9" />
          <path d="M16 24v-9" />
        </g>
      </svg>
      Claude Gateway
    </span>
  );
}
