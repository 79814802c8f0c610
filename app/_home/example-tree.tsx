import { ChevronDown, ChevronRight, FileText, Folder } from "lucide-react";
import { cn } from "@/components/ui/cn";

interface Row {
  readonly depth: 0 | 1 | 2 | 3 | 4;
  readonly name: string;
  readonly kind: "open" | "closed" | "file";
  readonly selected?: boolean;
}

const rows: readonly Row[] = [
  { depth: 0, name: "tools", kind: "open" },
  { depth: 1, name: "linear", kind: "open" },
  { depth: 2, name: "teams", kind: "open" },
  { depth: 3, name: "ENG", kind: "open" },
  { depth: 4, name: "ENG-12 Sign-in loops on Safari.md", kind: "file", selected: true },
  { depth: 4, name: "ENG-13 Export as CSV.md", kind: "file" },
  { depth: 2, name: "projects", kind: "closed" },
  { depth: 0, name: "memory", kind: "closed" },
  { depth: 0, name: "user", kind: "closed" },
];

const indents = ["ps-3", "ps-7", "ps-11", "ps-15", "ps-19"] as const;

/** A picture of what a workspace looks like; its content is made up, and it says so. */
export function ExampleTree() {
  return (
    <figure className="min-w-0">
      <div className="overflow-hidden rounded-xl border bg-card shadow-floating">
        <p className="truncate border-b bg-muted/60 px-4 py-2.5 font-mono text-muted-foreground text-xs">
          /context/tools/linear/teams/ENG/issues
        </p>
        <div className="grid sm:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]">
          <ul className="border-b py-2 sm:border-e sm:border-b-0">
            {rows.map((row) => (
              <li
                key={`${row.depth} ${row.name}`}
                className={cn(
                  "flex h-8 items-center gap-1.5 pe-3",
                  indents[row.depth],
                  row.selected && "bg-selected font-medium text-selected-foreground",
                )}
              >
                {row.kind === "file" ? null : row.kind === "open" ? (
                  <ChevronDown aria-hidden="true" className="size-3.5 shrink-0 text-muted-foreground" />
                ) : (
                  <ChevronRight aria-hidden="true" className="size-3.5 shrink-0 text-muted-foreground" />
                )}
                {row.kind === "file" ? (
                  <FileText aria-hidden="true" className="size-4 shrink-0 text-muted-foreground" />
                ) : (
                  <Folder aria-hidden="true" className="size-4 shrink-0 text-muted-foreground" />
                )}
                <span className="truncate">{row.name}</span>
              </li>
            ))}
          </ul>
          <div className="p-4 font-mono text-xs leading-6">
            <p className="text-muted-foreground">---</p>
            <p>
              <span className="text-muted-foreground">title:</span> Sign-in loops on Safari
            </p>
            <p>
              <span className="text-muted-foreground">state:</span>{" "}
              <span className="rounded-sm bg-danger-surface px-1 text-danger line-through">Todo</span>{" "}
              <span className="rounded-sm bg-success-surface px-1 text-success">In Progress</span>
            </p>
            <p>
              <span className="text-muted-foreground">assignee:</span> Ann Smith
            </p>
            <p className="text-muted-foreground">---</p>
            <p className="mt-2">Steps: open the link from the mail in Safari 18.</p>
          </div>
        </div>
      </div>
      <figcaption className="mt-3 text-center text-muted-foreground text-xs">
        An example: an issue as a file, and a change before it is saved.
      </figcaption>
    </figure>
  );
}
