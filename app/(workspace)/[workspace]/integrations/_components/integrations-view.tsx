"use client";

import { useState } from "react";
import { Alert } from "@/components/ui/alert";
import { Skeleton } from "@/components/ui/skeleton";
import type { CatalogueEntry } from "@/server/integrations/catalogue";
import { type CategoryChoice, CategoryFilter } from "./category-filter";
import { IntegrationCard } from "./integration-card";

export interface IntegrationsViewProps {
  readonly entries: readonly CatalogueEntry[];
  readonly slug: string;
  readonly mayManage: boolean;
  readonly demo: boolean;
  readonly onConnect: (entry: CatalogueEntry) => void;
}

const grid = "grid items-stretch gap-4 sm:grid-cols-[repeat(auto-fill,minmax(20rem,1fr))]";

/** What is in use first, then what can be connected, then what waits. */
function rank(entry: CatalogueEntry): number {
  if (entry.connections.length > 0) return 0;
  if (!entry.available) return 3;
  return entry.status.state === "not_configured" ? 2 : 1;
}

export function IntegrationsView({ entries, slug, mayManage, demo, onConnect }: IntegrationsViewProps) {
  const [category, setCategory] = useState<CategoryChoice>("All");
  const shown = entries.filter((entry) => category === "All" || entry.category === category).sort((a, b) => rank(a) - rank(b));
  return (
    <div className="grid gap-4">
      {demo ? <DemoNotice /> : null}
      <CategoryFilter entries={entries} value={category} onChange={setCategory} />
      <ul className={grid}>
        {shown.map((entry) => (
          <IntegrationCard key={entry.id} entry={entry} slug={slug} mayManage={mayManage} onConnect={() => onConnect(entry)} />
        ))}
      </ul>
    </div>
  );
}

function DemoNotice() {
  return (
    <Alert variant="info">
      <p>
        <strong className="font-semibold">The tools here are a sandbox.</strong> This is the demo: each tool is simulated on this machine,
        with a made-up company in it. Nothing reaches a real account.
      </p>
    </Alert>
  );
}

/** The page's shape while it loads. */
export function IntegrationsSkeleton() {
  return (
    <div className="grid gap-4" role="status" aria-label="Loading the integrations">
      <Skeleton className="h-8 w-72" />
      <div className={grid}>
        {["a", "b", "c", "d", "e"].map((key) => (
          <div key={key} className="rounded-lg border bg-card">
            <div className="flex gap-3 p-4">
              <Skeleton className="size-10 rounded-lg" />
              <div className="flex-1">
                <Skeleton className="h-5 w-28" />
                <Skeleton className="mt-1.5 h-4 w-44" />
              </div>
            </div>
            <div className="grid gap-2 px-4 pb-4">
              <Skeleton className="h-5 w-32" />
              <Skeleton className="mt-4 h-5 w-full" />
              <Skeleton className="h-5 w-2/3" />
            </div>
            <div className="h-13 rounded-b-lg border-t bg-muted/50" />
          </div>
        ))}
      </div>
    </div>
  );
}
