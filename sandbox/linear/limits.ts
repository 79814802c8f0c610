import { type DocumentNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from "graphql";

/** How much one caller may ask in an hour (linear.app/developers/rate-limiting, as read on 2026-10-01). */
export interface LimitSizes {
  readonly requestsPerHour: number;
  readonly complexityPerHour: number;
  readonly endpointRequestsPerHour: Readonly<Record<string, number>>;
  readonly limitHourSeconds: number;
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

/** What one request is counted as. */
export interface CountedRequest {
  readonly caller: string;
  readonly complexity: number;
  /** Its root fields: those that have a limit of their own count against it. */
  readonly rootFields: readonly string[];
}

/** Leaky buckets of each caller: requests, complexity, and those of single endpoints. */
export interface Limits {
  /** Pays for one request; answers the bucket that is empty, and then nothing is paid. */
  take(request: CountedRequest, sizes: LimitSizes): "requests" | "complexity" | "endpoint requests" | null;
  state(
    request: CountedRequest,
    sizes: LimitSizes,
  ): {
    readonly requests: LimitState;
    readonly complexity: LimitState;
    /** The fullest of the endpoints' own, null where the request met none. */
    readonly endpoint: (LimitState & { readonly name: string }) | null;
  };
  /** What another app of the same account asks: pays up to what is there. */
  spend(caller: string, sizes: LimitSizes, amount: { readonly requests: number; readonly complexity: number }): void;
  clear(): void;
}

export function createLimits(clock: () => number): Limits {
  const buckets = new Map<string, Bucket>();

  function leaked(key: string, limit: number, { limitHourSeconds }: LimitSizes): Bucket {
    const bucket = buckets.get(key) ?? { used: 0, atMs: clock() };
    bucket.used = Math.max(0, bucket.used - ((clock() - bucket.atMs) * limit) / (limitHourSeconds * 1000));
    bucket.atMs = clock();
    buckets.set(key, bucket);
    return bucket;
  }

  const stateOf = (key: string, limit: number, sizes: LimitSizes): LimitState => {
    const { used } = leaked(key, limit, sizes);
    const resetMs = Math.ceil(clock() + (used * sizes.limitHourSeconds * 1000) / limit);
    return { limit, remaining: Math.max(0, Math.floor(limit - used)), resetMs };
  };

  const endpointsOf = ({ rootFields }: CountedRequest, { endpointRequestsPerHour }: LimitSizes) =>
    rootFields.flatMap((name) => {
      const limit = endpointRequestsPerHour[name];
      return limit === undefined ? [] : [{ name, limit }];
    });

  return {
    take(request, sizes) {
      const requests = leaked(`${request.caller} requests`, sizes.requestsPerHour, sizes);
      const points = leaked(`${request.caller} complexity`, sizes.complexityPerHour, sizes);
      const endpoints = endpointsOf(request, sizes).map(({ name, limit }) => ({
        limit,
        bucket: leaked(`${request.caller} endpoint ${name}`, limit, sizes),
      }));
      if (requests.used + 1 > sizes.requestsPerHour) return "requests";
      if (points.used + request.complexity > sizes.complexityPerHour) return "complexity";
      if (endpoints.some(({ bucket, limit }) => bucket.used + 1 > limit)) return "endpoint requests";
      requests.used += 1;
      points.used += request.complexity;
      for (const { bucket } of endpoints) bucket.used += 1;
      return null;
    },
    state: (request, sizes) => ({
      requests: stateOf(`${request.caller} requests`, sizes.requestsPerHour, sizes),
      complexity: stateOf(`${request.caller} complexity`, sizes.complexityPerHour, sizes),
      endpoint:
        endpointsOf(request, sizes)
          .map(({ name, limit }) => ({ name, ...stateOf(`${request.caller} endpoint ${name}`, limit, sizes) }))
          .sort((a, b) => a.remaining - b.remaining)[0] ?? null,
    }),
    spend(caller, sizes, amount) {
      const requests = leaked(`${caller} requests`, sizes.requestsPerHour, sizes);
      const points = leaked(`${caller} complexity`, sizes.complexityPerHour, sizes);
      requests.used = Math.min(sizes.requestsPerHour, requests.used + amount.requests);
      points.used = Math.min(sizes.complexityPerHour, points.used + amount.complexity);
    },
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
