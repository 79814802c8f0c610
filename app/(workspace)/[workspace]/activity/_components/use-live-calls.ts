"use client";

import { useEffect, useRef, useState } from "react";
import { readFailure } from "@/components/failure";
import { useTRPCClient } from "@/components/trpc/provider";
import type { CallFilter } from "@/server/transport/call-search";
import type { TailAnswer } from "./merge-tail";

/** `behind`: more is there than was shown; `broken`: the hub did not answer, and is asked again. */
export type LiveState = "off" | "live" | "behind" | "broken";

export interface LiveOptions {
  readonly enabled: boolean;
  readonly slug: string;
  readonly filter: CallFilter;
  /** Where to go on; null until the list is there. */
  readonly tail: string | null;
  readonly onAnswer: (answer: TailAnswer) => void;
  /** The place is too old, or is none any more: the list is to be loaded again. */
  readonly onRestart: () => void;
}

const everyMs = 2_000;
const behindMs = 250;
const mostMs = 30_000;

/**
 * Asks for new calls every two seconds while the page is in sight, more seldom while the hub does not answer, and at once when the page comes
 * back into sight. Polling and not a stream: it survives every proxy, and what was missed meanwhile comes with the next answer.
 */
export function useLiveCalls({ enabled, slug, filter, tail, onAnswer, onRestart }: LiveOptions): LiveState {
  const client = useTRPCClient();
  const [state, setState] = useState<LiveState>("off");
  const latest = useRef({ tail, onAnswer, onRestart });
  useEffect(() => {
    latest.current = { tail, onAnswer, onRestart };
  });
  // The effect begins anew with another filter, and not with another object of the same one.
  const key = JSON.stringify(filter);
  const begun = enabled && tail !== null;

  useEffect(() => {
    if (!begun) {
      setState("off");
      return;
    }
    const asked = JSON.parse(key) as CallFilter;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let asking = false;

    const again = (ms: number): void => {
      clearTimeout(timer);
      timer = setTimeout(() => void ask(), ms);
    };
    const ask = async (): Promise<void> => {
      const place = latest.current.tail;
      if (asking || document.visibilityState === "hidden" || place === null) return;
      asking = true;
      try {
        const answer = await client.calls.tail.query({ workspace: slug, ...asked, tail: place }, { signal: abort.signal });
        if (abort.signal.aborted) return;
        failures = 0;
        latest.current.onAnswer(answer);
        setState(answer.behind ? "behind" : "live");
        again(answer.behind ? behindMs : everyMs);
      } catch (error) {
        if (abort.signal.aborted) return;
        const { code } = readFailure(error);
        if (code === "ESTALE" || code === "EINVAL") {
          latest.current.onRestart();
        } else {
          setState("broken");
        }
        failures += 1;
        again(Math.min(mostMs, everyMs * 2 ** failures));
      } finally {
        asking = false;
      }
    };
    const wake = (): void => {
      if (document.visibilityState === "visible") again(0);
    };
    document.addEventListener("visibilitychange", wake);
    again(everyMs);
    setState("live");
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, [begun, key, slug, client]);

  return state;
}
