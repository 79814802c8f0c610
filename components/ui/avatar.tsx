import { cn } from "./cn";

/** The first letters of up to two words of a name, for a person or workspace without a picture. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s@._-]+/u)
    .filter((word) => word !== "");
  const letters = words.slice(0, 2).map((word) => Array.from(word)[0] ?? "");
  return letters.join("").toUpperCase() || "?";
}

export interface AvatarProps {
  readonly name: string;
  /** Round for people, square for workspaces. */
  readonly shape?: "person" | "workspace";
  readonly className?: string;
}

/** Decorative: the name stands beside it, so it is hidden from assistive technology. */
function Avatar({ name, shape = "person", className }: AvatarProps) {
  return (
    <span
      data-slot="avatar"
      aria-hidden="true"
      className={cn(
        "inline-flex size-7 shrink-0 select-none items-center justify-center border bg-background font-semibold text-2xs text-foreground",
        shape === "person" ? "rounded-full" : "rounded-md border-transparent bg-primary text-primary-foreground",
        className,
      )}
    >
      {initials(name)}
    </span>
  );
}

export { Avatar };
