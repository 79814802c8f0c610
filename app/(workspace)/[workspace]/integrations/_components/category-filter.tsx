"use client";

import { cn } from "@/components/ui/cn";
import type { CatalogueEntry } from "@/server/integrations/catalogue";

export type CategoryChoice = CatalogueEntry["category"] | "All";

export interface CategoryFilterProps {
  readonly entries: readonly CatalogueEntry[];
  readonly value: CategoryChoice;
  readonly onChange: (value: CategoryChoice) => void;
}

/** One button a category that has tools, each with its count; the pressed one is shown. */
export function CategoryFilter({ entries, value, onChange }: CategoryFilterProps) {
  const counts = new Map<CategoryChoice, number>([["All", entries.length]]);
  for (const { category } of entries) counts.set(category, (counts.get(category) ?? 0) + 1);
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">Filter by category</legend>
      {[...counts].map(([category, count]) => (
        <button
          key={category}
          type="button"
          aria-pressed={value === category}
          onClick={() => onChange(category)}
          className={cn(
            "inline-flex h-8 items-center gap-1.5 rounded-md px-2.5 font-medium text-sm transition-colors pointer-coarse:h-10",
            value === category
              ? "bg-selected text-selected-foreground"
              : "text-muted-foreground hover:bg-accent hover:text-accent-foreground",
          )}
        >
          {category}
          <span className={cn("text-xs tabular-nums", value === category ? "text-selected-foreground" : "text-muted-foreground")}>
            {count}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
