"use client";

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, type ButtonProps } from "./button";

const shownMs = 2_000;

export interface CopyButtonProps extends Omit<ButtonProps, "value" | "onClick" | "children"> {
  readonly value: string;
  /** What is copied, in words: "Copy path". */
  readonly label: string;
  /** Whether the words are shown beside the icon. */
  readonly showLabel?: boolean;
}

/** Copies `value` and says so, in sight and to assistive technology. */
function CopyButton({ value, label, showLabel = false, variant = "ghost", size, ...props }: CopyButtonProps) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");

  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), shownMs);
    return () => clearTimeout(timer);
  }, [state]);

  const words = state === "copied" ? "Copied" : state === "failed" ? "Copying was refused by the browser" : label;
  return (
    <Button
      variant={variant}
      size={size ?? (showLabel ? "default" : "icon-sm")}
      aria-label={showLabel ? undefined : words}
      title={showLabel ? undefined : label}
      onClick={() => {
        navigator.clipboard.writeText(value).then(
          () => setState("copied"),
          () => setState("failed"),
        );
      }}
      {...props}
    >
      {state === "copied" ? <Check className="text-success" /> : <Copy />}
      {showLabel ? <span aria-live="polite">{words}</span> : null}
    </Button>
  );
}

export { CopyButton };
