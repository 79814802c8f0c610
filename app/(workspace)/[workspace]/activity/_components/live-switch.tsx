"use client";

import { CircleDot, CloudOff, Pause, Play } from "lucide-react";
import { Button } from "@/components/ui/button";
import type { LiveState } from "./use-live-calls";

export interface LiveSwitchProps {
  readonly state: LiveState;
  readonly paused: boolean;
  readonly onPause: (paused: boolean) => void;
}

const words: Readonly<Record<LiveState, string>> = {
  off: "Not live",
  live: "Live",
  behind: "Catching up",
  broken: "The hub does not answer; trying again",
};

/** Whether new calls appear by themselves, said in words, and the button that holds and lets go. */
export function LiveSwitch({ state, paused, onPause }: LiveSwitchProps) {
  const shown: LiveState = paused ? "off" : state;
  return (
    <div className="flex items-center gap-3">
      <p role="status" className="flex items-center gap-1.5 text-muted-foreground text-xs">
        {shown === "broken" ? (
          <CloudOff aria-hidden="true" className="size-3.5 text-warning" />
        ) : (
          <CircleDot aria-hidden="true" className={shown === "off" ? "size-3.5" : "size-3.5 text-success"} />
        )}
        {paused ? "Paused" : words[shown]}
      </p>
      <Button variant="outline" aria-pressed={!paused} onClick={() => onPause(!paused)}>
        {paused ? <Play /> : <Pause />} {paused ? "Go live" : "Pause"}
      </Button>
    </div>
  );
}
