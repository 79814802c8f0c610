"use client";

import { useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import type { ToolLooks } from "@/components/calls/call-row";
import { formatAbsolute } from "@/components/format-time";
import { useTRPC } from "@/components/trpc/provider";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { NativeSelect } from "@/components/ui/native-select";
import { type ActivityView, codeWords, isNarrowed, outcomeWords, statusWords, wholeView } from "./call-filter";

export interface CallFiltersProps {
  readonly slug: string;
  readonly view: ActivityView;
  readonly tools: ToolLooks;
  readonly onShow: (next: Partial<ActivityView>) => void;
}

const typingMs = 300;

/** Search and filters; all of them are in the address. */
export function CallFilters({ slug, view, tools, onShow }: CallFiltersProps) {
  const trpc = useTRPC();
  const members = useQuery(trpc.members.list.queryOptions({ workspace: slug }));
  return (
    <section aria-label="Filters" className="mb-4 grid gap-2">
      <div className="grid grid-cols-2 gap-2 lg:grid-cols-[minmax(14rem,1fr)_repeat(4,minmax(0,10.5rem))]">
        <SearchBox text={view.text} onSearch={(text) => onShow({ text })} />
        <NativeSelect
          aria-label="Tool"
          value={view.integration ?? ""}
          onChange={({ target }) => onShow({ integration: target.value || null })}
        >
          <option value="">All tools</option>
          {Object.entries(tools).map(([id, { name }]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
          <Unlisted value={view.integration} listed={Object.keys(tools)} />
        </NativeSelect>
        <ResultSelect result={view.result} onShow={onShow} />
        <NativeSelect aria-label="Person" value={view.actor ?? ""} onChange={({ target }) => onShow({ actor: target.value || null })}>
          <option value="">Anyone</option>
          <option value="hub">The hub's own work</option>
          {members.data?.map(({ id, name, email }) => (
            <option key={id} value={id}>
              {name ?? email}
            </option>
          ))}
          <Unlisted value={view.actor} listed={["hub", ...(members.data ?? []).map(({ id }) => id)]} />
        </NativeSelect>
        <TimeSelect from={view.from} onShow={onShow} />
      </div>
      <Chips view={view} tools={tools} onShow={onShow} />
    </section>
  );
}

/** What the address names and the list does not have, so that the control says what holds. */
function Unlisted({ value, listed }: { readonly value: string | null; readonly listed: readonly string[] }) {
  if (value === null || listed.includes(value)) return null;
  const job = value.startsWith("hub:") ? `The hub (${value.slice("hub:".length)})` : null;
  return <option value={value}>{job ?? (value.startsWith("usr_") ? "Someone else" : value)}</option>;
}

function SearchBox({ text, onSearch }: { readonly text: string | null; readonly onSearch: (text: string | null) => void }) {
  const id = useId();
  const [typed, setTyped] = useState(text ?? "");
  const asked = useRef(text);
  // The address may change by other ways: back, a link, the button that clears all.
  useEffect(() => {
    if (asked.current === text) return;
    asked.current = text;
    setTyped(text ?? "");
  }, [text]);
  useEffect(() => {
    const next = typed.trim() === "" ? null : typed.trim();
    if (next === asked.current) return;
    const timer = setTimeout(() => {
      asked.current = next;
      onSearch(next);
    }, typingMs);
    return () => clearTimeout(timer);
  }, [typed, onSearch]);
  return (
    <div className="relative col-span-2 lg:col-span-1">
      <label htmlFor={id} className="sr-only">
        Search operation, path, address, error and request id
      </label>
      <Search aria-hidden="true" className="pointer-events-none absolute inset-y-0 start-2.5 my-auto size-3.5 text-muted-foreground" />
      <Input
        id={id}
        type="search"
        value={typed}
        maxLength={200}
        placeholder="Operation, path, error, request id"
        onChange={({ target }) => setTyped(target.value)}
        className="ps-8"
      />
    </div>
  );
}

interface PartProps {
  readonly onShow: (next: Partial<ActivityView>) => void;
}

function ResultSelect({ result, onShow }: PartProps & { readonly result: string | null }) {
  const options = (words: Readonly<Record<string, string>>, prefix: string) =>
    Object.entries(words).map(([value, word]) => (
      <option key={value} value={`${prefix}${value}`}>
        {word}
      </option>
    ));
  return (
    <NativeSelect aria-label="Result" value={result ?? ""} onChange={({ target }) => onShow({ result: target.value || null })}>
      <option value="">Any result</option>
      {options(outcomeWords, "")}
      <optgroup label="Met on the way">{options(codeWords, "code:")}</optgroup>
      <optgroup label="Answered with">{options(statusWords, "status:")}</optgroup>
    </NativeSelect>
  );
}

const spans = [
  ["The last hour", 1],
  ["The last 24 hours", 24],
  ["The last 7 days", 7 * 24],
] as const;
const hourMs = 3_600_000;

/** A choice becomes a fixed time in the address, so that whoever gets it sees the same calls. */
function TimeSelect({ from, onShow }: PartProps & { readonly from: string | null }) {
  const choose = (value: string): void => {
    if (value === from) return;
    onShow({ from: value === "" ? null : new Date(Date.now() - Number(value) * hourMs).toISOString() });
  };
  return (
    <NativeSelect aria-label="Time" value={from ?? ""} onChange={({ target }) => choose(target.value)}>
      <option value="">Any time</option>
      {from === null ? null : <option value={from}>Since {formatAbsolute(from)}</option>}
      {spans.map(([word, hours]) => (
        <option key={hours} value={hours}>
          {word}
        </option>
      ))}
    </NativeSelect>
  );
}

/** What a link narrowed the view to and no control shows, each to be taken away; and the way back to everything. */
function Chips({ view, tools, onShow }: Pick<CallFiltersProps, "view" | "tools" | "onShow">) {
  if (!isNarrowed(view)) return null;
  const tool = view.integration === null ? null : (tools[view.integration]?.name ?? view.integration);
  const chips: [keyof ActivityView, string][] = [];
  if (view.connection !== null) chips.push(["connection", tool === null ? "One connection" : `One connection to ${tool}`]);
  if (view.path !== null) chips.push(["path", `Below ${view.path}`]);
  if (view.operation !== null) chips.push(["operation", `Only ${view.operation}`]);
  if (view.to !== null) chips.push(["to", `Before ${formatAbsolute(view.to)}`]);
  return (
    <div className="flex flex-wrap items-center gap-2">
      {chips.map(([key, word]) => (
        <Button key={key} variant="outline" size="sm" className="max-w-full" onClick={() => onShow({ [key]: null })}>
          <span className="truncate">{word}</span>
          <X aria-hidden="true" />
          <span className="sr-only">: take this filter away</span>
        </Button>
      ))}
      <Button variant="ghost" size="sm" onClick={() => onShow({ ...wholeView, call: view.call })}>
        Clear all filters
      </Button>
    </div>
  );
}
