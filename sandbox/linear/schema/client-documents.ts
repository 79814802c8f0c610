import { readFileSync } from "node:fs";
import { type DocumentNode, Kind, type OperationDefinitionNode, parse } from "graphql";
import { rootFields } from "./selection";

/** The documents of Linear's official client (npm `@linear/sdk`), as its package holds them. */

export interface ClientDocument {
  /** The client's own name of it (`Issue_Comments`). */
  readonly name: string;
  readonly text: string;
  readonly document: DocumentNode;
}

/** The root fields of an operation, by the kind of their root type. */
function rootsOf(operation: OperationDefinitionNode): readonly string[] {
  return operation.selectionSet.selections.flatMap((node) => (node.kind === Kind.FIELD ? [node.name.value] : []));
}

/** Every document of the client whose root fields the sandbox has. `file` is the package's `dist/index.mjs`. */
export function readClientDocuments(file: string): readonly ClientDocument[] {
  const roots = new Set(Object.values(rootFields).flat());
  const found: ClientDocument[] = [];
  for (const [, name = "", text = ""] of readFileSync(file, "utf8").matchAll(/const (\w+)Document = new TypedDocumentString\(`([^`]*)`/g)) {
    const document = parse(text);
    const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
    if (operation !== undefined && rootsOf(operation).every((root) => roots.has(root))) found.push({ name, text, document });
  }
  if (found.length === 0) throw new Error(`No documents are in ${file}.`);
  return found;
}
