import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "./cn";

const VARIANTS = {
  primary: "bg-primary text-primary-foreground shadow-soft hover:bg-primary/90",
  secondary: "border border-input bg-card text-foreground shadow-soft hover:bg-muted",
  ghost: "text-muted-foreground hover:bg-muted hover:text-foreground",
  danger: "bg-destructive text-destructive-foreground shadow-soft hover:bg-destructive/90",
} as const;

const SIZES = {
  sm: "h-8 gap-1.5 px-2.5 text-[0.8125rem]",
  md: "h-9 gap-2 px-3.5 text-sm",
  lg: "h-10 gap-2 px-4 text-sm",
  icon: "size-9",
  iconSm: "size-8",
} as const;

type ButtonProps = ComponentProps<"button"> & {
  variant?: keyof typeof VARIANTS;
  size?: keyof typeof SIZES;
  /** Shows a spinner and refuses clicks; the width does not change. */
  isBusy?: boolean;
};

/** A button. An icon-only one (`size="icon"`) needs an `aria-label`. */
export function Button({ variant = "secondary", size = "md", isBusy = false, ...props }: ButtonProps) {
  const { className, children, disabled, type = "button", ...rest } = props;
  return (
    <button
      type={type}
      disabled={disabled === true || isBusy}
      aria-busy={isBusy || undefined}
      className={buttonClasses({ variant, size, className })}
      {...rest}
    >
      {isBusy && <LoaderCircle aria-hidden className="absolute size-4 animate-spin" />}
      <span className={cn("inline-flex items-center justify-center gap-[inherit]", isBusy && "invisible")}>
        {children}
      </span>
    </button>
  );
}

/** A link (or another single child element) that looks like a button. */
export function ButtonLink({ variant = "secondary", size = "md", className, ...props }: ButtonLinkProps) {
  return <Slot.Root className={buttonClasses({ variant, size, className })} {...props} />;
}

type ButtonLinkProps = ComponentProps<typeof Slot.Root> & Pick<ButtonProps, "variant" | "size">;

function buttonClasses({
  variant,
  size,
  className,
}: Required<Pick<ButtonProps, "variant" | "size">> & { className: string | undefined }) {
  return cn(
    "relative inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap rounded-md font-medium transition-colors",
    "disabled:cursor-not-allowed disabled:opacity-55",
    VARIANTS[variant],
    SIZES[size],
    className,
  );
}
