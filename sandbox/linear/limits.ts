import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from "graphql";

/** How much one caller may ask in an hour (linear.app/developers/rate-limiting, as read on 2026-10-01). */
export interface LimitSizes {
  readonly requestsPerHour: number;
  readonly complexityPerHour: number;
  readonly queryComplexity: number;
}

export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  /** Epoch milliseconds at which the bucket is full again. */
  readonly resetMs: number;
}

interface Bucket {
  used: number;
  atMs: number;
}

/** Leaky buckets, two a caller: requests and complexity. */
export interface Limits {
  /** Pays for one request; false when a bucket is empty, and then nothing is paid. */
  take(caller: string, sizes: LimitSizes, complexity: number): "requests" | "complexity" | null;
  state(caller: string, sizes: LimitSizes): { readonly requests: LimitState; readonly complexity: LimitState };
  clear(): void;
}

const hourMs = 3_600_000;

export function createLimits(clock: () => number): Limits {
  const buckets = new Map<string, Bucket>();

  function leaked(key: string, limit: number): Bucket {
    const bucket = buckets.get(key) ?? { used: 0, atMs: clock() };
    bucket.used = Math.max(0, bucket.used - ((clock() - bucket.atMs) * limit) / hourMs);
    bucket.atMs = clock();
    buckets.set(key, bucket);
    return bucket;
  }

  const stateOf = (key: string, limit: number): LimitState => {
    const { used } = leaked(key, limit);
    return { limit, remaining: Math.max(0, Math.floor(limit - used)), resetMs: Math.ceil(clock() + (used * hourMs) / limit) };
  };

  return {
    take(caller, sizes, complexity) {
      const requests = leaked(`${caller} requests`, sizes.requestsPerHour);
      const points = leaked(`${caller} complexity`, sizes.complexityPerHour);
      if (requests.used + 1 > sizes.requestsPerHour) return "requests";
      if (points.used + complexity > sizes.complexityPerHour) return "complexity";
      requests.used += 1;
      points.used += complexity;
      return null;
    },
    state: (caller, sizes) => ({
      requests: stateOf(`${caller} requests`, sizes.requestsPerHour),
      complexity: stateOf(`${caller} complexity`, sizes.complexityPerHour),
    }),
    clear: () => buckets.clear(),
  };
}

/** The documented cost: 0.1 a property, 1 an object, times the page size of a connection (50 where none is given). */
export function complexityOf(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const fragments = new Map(
    document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION).map((node) => [node.name.value, node] as const),
  );

  function cost(selection: SelectionSetNode, spread: readonly string[]): number {
    let total = 0;
    for (const node of selection.selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value);
        if (fragment !== undefined && !spread.includes(node.name.value)) total += cost(fragment.selectionSet, [...spread, node.name.value]);
      } else if (node.kind === Kind.INLINE_FRAGMENT) {
        total += cost(node.selectionSet, spread);
      } else if (node.selectionSet === undefined) {
        total += 0.1;
      } else {
        const inner = cost(node.selectionSet, spread);
        const isConnection = node.selectionSet.selections.some(
          (child) =>
            child.kind === Kind.FIELD && (child.name.value === "nodes" || child.name.value === "edges" || child.name.value === "pageInfo"),
        );
        if (!isConnection) {
          total += 1 + inner;
          continue;
        }
        const size = node.arguments?.find(({ name }) => name.value === "first" || name.value === "last")?.value;
        const given = size?.kind === Kind.INT ? Number(size.value) : size?.kind === Kind.VARIABLE ? variables[size.name.value] : undefined;
        total += (typeof given === "number" ? given : 50) * inner;
      }
    }
    return total;
  }

  return Math.max(1, Math.ceil(cost(operation.selectionSet, [])));
}
