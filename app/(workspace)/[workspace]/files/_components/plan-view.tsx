import { diffLines } from "diff";
import { ArrowRight, CircleCheck, CircleDashed, CircleX, Megaphone, UserRound } from "lucide-react";
import { cn } from "@/components/ui/cn";
import type { FieldChange, Plan, PlanStep, Receipt } from "@/server/vfs/node";

/** What a change would do: the calls in order, field by field, and what people will notice. */
export function PlanView({ plan }: { readonly plan: Plan }) {
  return (
    <div className="grid gap-4 text-sm">
      {plan.steps.length === 0 ? (
        <p>The file already says this: nothing would be sent.</p>
      ) : (
        <ol className="grid gap-3">
          {plan.steps.map((step) => (
            <li key={step.call}>
              <StepCard step={step} />
            </li>
          ))}
        </ol>
      )}
      {plan.effects.length === 0 ? null : (
        <ul className="grid gap-1">
          {plan.effects.map((effect) => (
            <li key={effect} className="flex gap-2 text-warning">
              <Megaphone aria-hidden="true" className="mt-0.5 size-4 shrink-0" />
              {effect}
            </li>
          ))}
        </ul>
      )}
      <ActsAs name={plan.actsAs.name} />
    </div>
  );
}

/** What was done, and how to take it back. */
export function ReceiptView({ receipt }: { readonly receipt: Receipt }) {
  return (
    <div className="grid gap-4 text-sm">
      <p className="flex items-center gap-2 font-medium text-success">
        <CircleCheck aria-hidden="true" className="size-4" />
        {receipt.changed ? "Done" : "It was already so: nothing was sent"}
      </p>
      {receipt.steps.length === 0 ? null : (
        <ol className="grid gap-3">
          {receipt.steps.map((step) => (
            <li key={step.call}>
              <StepCard step={step} outcome={step.outcome} />
              {step.error === null ? null : <p className="mt-1 text-danger">{step.error.message}</p>}
            </li>
          ))}
        </ol>
      )}
      {receipt.undo === null ? null : <p className="text-muted-foreground">To undo: {receipt.undo}</p>}
      <ActsAs name={receipt.actsAs.name} />
    </div>
  );
}

const outcomes = {
  done: { icon: CircleCheck, word: "done", tone: "text-success" },
  failed: { icon: CircleX, word: "failed", tone: "text-danger" },
  not_tried: { icon: CircleDashed, word: "not tried", tone: "text-muted-foreground" },
} as const;

function StepCard({ step, outcome }: { readonly step: PlanStep; readonly outcome?: keyof typeof outcomes }) {
  const look = outcome === undefined ? null : outcomes[outcome];
  return (
    <div className="overflow-hidden rounded-lg border">
      <p className="flex items-center gap-2 border-b bg-muted/60 px-3 py-1.5 font-mono text-xs">
        <span className="min-w-0 flex-1 break-all">{step.call}</span>
        {look === null ? null : (
          <span className={cn("flex items-center gap-1 font-sans", look.tone)}>
            <look.icon aria-hidden="true" className="size-3.5" />
            {look.word}
          </span>
        )}
      </p>
      <dl className="divide-y">
        {step.changes.map((change) => (
          <Change key={change.field} change={change} />
        ))}
      </dl>
    </div>
  );
}

function Change({ change: { field, from, to } }: { readonly change: FieldChange }) {
  return (
    <div className="grid grid-cols-[7rem_minmax(0,1fr)] gap-3 px-3 py-2">
      <dt className="break-words font-mono text-muted-foreground text-xs leading-5">{field}</dt>
      <dd className="min-w-0">
        {from !== null && to !== null && isLong(from, to) ? <TextDiff from={from} to={to} /> : <Values from={from} to={to} />}
      </dd>
    </div>
  );
}

const isLong = (from: string, to: string): boolean => from.includes("\n") || to.includes("\n") || from.length + to.length > 160;

/** Values that fit a line: the old one, the new one. */
function Values({ from, to }: Pick<FieldChange, "from" | "to">) {
  return (
    <span className="flex min-w-0 flex-wrap items-start gap-x-2 gap-y-1">
      {from === null ? null : (
        <del
          dir="auto"
          className="max-h-40 min-w-0 overflow-y-auto whitespace-pre-wrap break-words rounded-sm bg-danger-surface px-1 text-danger"
        >
          {from}
        </del>
      )}
      {from === null || to === null ? null : (
        <ArrowRight aria-label="becomes" className="mt-0.5 size-4 shrink-0 text-muted-foreground rtl:rotate-180" />
      )}
      {to === null ? (
        <span className="text-muted-foreground">cleared</span>
      ) : (
        <ins
          dir="auto"
          className="max-h-40 min-w-0 overflow-y-auto whitespace-pre-wrap break-words rounded-sm bg-success-surface px-1 text-success no-underline"
        >
          {to}
        </ins>
      )}
    </span>
  );
}

/** A long text: what stays, what goes and what comes, line by line. */
function TextDiff({ from, to }: { readonly from: string; readonly to: string }) {
  const parts = diffLines(from, to);
  return (
    // Focusable, because it scrolls (WCAG 2.1.1).
    <pre
      tabIndex={0}
      role="group"
      aria-label="Lines that change"
      dir="auto"
      className="max-h-72 overflow-y-auto whitespace-pre-wrap break-words rounded-md border text-xs leading-5"
    >
      {parts.map((part, index) => {
        const key = `${index}-${part.count}`;
        if (part.added)
          return (
            <ins key={key} className="block bg-success-surface px-2 text-success no-underline before:content-['+_']">
              {part.value}
            </ins>
          );
        if (part.removed)
          return (
            <del key={key} className="block bg-danger-surface px-2 text-danger no-underline before:content-['−_']">
              {part.value}
            </del>
          );
        return (
          <span key={key} className="block px-2 text-muted-foreground">
            {shorten(part.value)}
          </span>
        );
      })}
    </pre>
  );
}

/** What does not change is shown by its edges only. */
function shorten(text: string): string {
  const lines = text.split("\n");
  return lines.length <= 7 ? text : [...lines.slice(0, 3), "⋯", ...lines.slice(-3)].join("\n");
}

function ActsAs({ name }: { readonly name: string }) {
  return (
    <p className="flex items-center gap-2 text-muted-foreground text-xs">
      <UserRound aria-hidden="true" className="size-3.5" />
      In the tool this is done by {name}.
    </p>
  );
}
