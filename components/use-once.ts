"use client";

import { useState } from "react";

/** Whether `now` is or was ever true: what opens for the first time is loaded then, and stays for its closing animation. */
export function useOnce(now: boolean): boolean {
  const [seen, setSeen] = useState(now);
  if (now && !seen) setSeen(true);
  return seen || now;
}
