import type { ReferencePrinter } from "@/server/vfs/tool-mount";

/** References between a tool's objects, as front matter has them: `Ann Smith~k3v9qp2a`. */

const shape = /^(.*)~([a-z2-7]{8,51})$/su;

/** `name~handle`: a person reads the name, the hub goes by the handle. */
export async function printReference(printer: ReferencePrinter, kind: string, externalId: string, name: string): Promise<string> {
  return `${name}~${await printer.handle(kind, externalId)}`;
}

/** The id that a `name~handle` means, whatever its name says; null when its tail is no handle of an object of that kind. */
export async function findReferenced(printer: ReferencePrinter, kind: string, text: string): Promise<string | null> {
  const handle = shape.exec(text.trim())?.[2];
  if (handle === undefined) return null;
  const found = await printer.find(handle);
  return found !== null && found.kind === kind ? found.externalId : null;
}

const folded = (text: string): string => text.normalize("NFC").trim().toLowerCase();

/** Those of `candidates` that one of their names is `text`, letter case aside; an exact match wins over one that differs in case. */
export function matchNames<T>(
  candidates: readonly T[],
  namesOf: (candidate: T) => readonly (string | null | undefined)[],
  text: string,
): readonly T[] {
  const wanted = text.normalize("NFC").trim();
  const exact = candidates.filter((one) => namesOf(one).some((name) => name?.normalize("NFC").trim() === wanted));
  if (exact.length > 0) return exact;
  return candidates.filter((one) => namesOf(one).some((name) => name !== null && name !== undefined && folded(name) === folded(wanted)));
}
