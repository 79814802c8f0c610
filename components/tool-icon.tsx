import {
  BookOpen,
  Calendar,
  ChartLine,
  CircleDot,
  Database,
  FolderKanban,
  GitBranch,
  Hash,
  ListChecks,
  type LucideIcon,
  Mail,
  Mails,
  MessagesSquare,
  Plug,
  Table2,
  Ticket,
} from "lucide-react";
import { cn } from "@/components/ui/cn";

/** Icons a manifest may name. It names a picture, never a tool, so a sixth tool needs no change here unless it brings a new picture. */
const icons: Readonly<Record<string, LucideIcon>> = {
  "book-open": BookOpen,
  calendar: Calendar,
  "chart-line": ChartLine,
  "circle-dot": CircleDot,
  database: Database,
  "folder-kanban": FolderKanban,
  "git-branch": GitBranch,
  hash: Hash,
  "list-checks": ListChecks,
  mail: Mail,
  mails: Mails,
  "messages-square": MessagesSquare,
  "table-2": Table2,
  ticket: Ticket,
};

const sizes = {
  sm: "size-5 rounded-[5px] [&>svg]:size-3",
  md: "size-7 rounded-md [&>svg]:size-4",
  lg: "size-10 rounded-lg [&>svg]:size-5",
  xl: "size-12 rounded-xl [&>svg]:size-6",
};

export interface ToolIconProps {
  /** The manifest's `icon` and `gradient`. */
  readonly icon: string;
  readonly gradient: string;
  readonly size?: keyof typeof sizes;
  /** For a tool that is not connected or not there yet. */
  readonly quiet?: boolean;
  readonly className?: string;
}

/** A tool's mark. Decorative: the tool's name stands beside it. */
export function ToolIcon({ icon, gradient, size = "md", quiet = false, className }: ToolIconProps) {
  const Icon = icons[icon] ?? Plug;
  return (
    <span
      data-slot="tool-icon"
      aria-hidden="true"
      className={cn(
        "inline-flex shrink-0 items-center justify-center text-white",
        sizes[size],
        "bg-linear-to-br",
        gradient,
        quiet && "opacity-60 saturate-50",
        className,
      )}
    >
      <Icon strokeWidth={2.25} />
    </span>
  );
}
