import { manifests } from "@/server/integrations/manifests";

/** Where the simulated tools listen: one port each in the catalogue's order, built or not, so that a tool keeps its port; then the control port. */
export function portsOf(first: number): { readonly tools: Readonly<Record<string, number>>; readonly control: number } {
  return {
    tools: Object.fromEntries(manifests.map(({ id }, index) => [id, first + index])),
    control: first + manifests.length,
  };
}
