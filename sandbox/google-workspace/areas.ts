import type { AreaOptions, GoogleArea } from "./area";

/** The simulated APIs. */
export function createAreas(_options: AreaOptions): readonly GoogleArea[] {
  return [];
}
