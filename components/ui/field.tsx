import type { ReactNode } from "react";
import { cn } from "./cn";
import { Label } from "./label";

export interface FieldProps {
  /** Id of the control; the hint's id is `<id>-hint`, the error's `<id>-error`. */
  readonly id: string;
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A label, its control, a hint and an error. The control itself points to them by `fieldAria(id, …)`. */
function Field({ id, label, hint, error, className, children }: FieldProps) {
  return (
    <div data-slot="field" className={cn("grid gap-1.5", className)}>
      <Label htmlFor={id}>{label}</Label>
      {children}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className="text-muted-foreground text-xs">
          {hint}
        </p>
      )}
      {error === undefined ? null : (
        <p id={`${id}-error`} role="alert" className="text-danger text-xs">
          {error}
        </p>
      )}
    </div>
  );
}

/** The attributes that tie a control to its field's hint and error. */
function fieldAria(id: string, { hint, error }: { readonly hint?: boolean; readonly error?: string | undefined }) {
  const described = [hint ? `${id}-hint` : null, error === undefined ? null : `${id}-error`].filter((part) => part !== null);
  return {
    id,
    ...(described.length === 0 ? {} : { "aria-describedby": described.join(" ") }),
    ...(error === undefined ? {} : { "aria-invalid": true }),
  } as const;
}

export { Field, fieldAria };
