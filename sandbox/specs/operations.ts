/** Path templates (`/tasks/{task_gid}`) of a description, and which of them a path is. */

export interface PathTable<T> {
  /** The operation of a method and path, and the values of its path parameters; null where there is none. */
  find(method: string, path: string): { readonly operation: T; readonly values: Readonly<Record<string, string>> } | null;
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Templates with more fixed text win: `/users/me` before `/users/{user}`. */
export function createPathTable<T>(
  operations: readonly { readonly method: string; readonly template: string; readonly operation: T }[],
): PathTable<T> {
  const compiled = operations
    .map(({ method, template, operation }) => {
      const names: string[] = [];
      const pattern = template
        .split(/(\{\+?[^}]+\})/)
        .map((piece) => {
          const name = /^\{(\+?)([^}]+)\}$/.exec(piece);
          if (name === null) return escaped(piece);
          names.push(name[2] ?? "");
          return name[1] === "+" ? "(.+)" : "([^/]+)";
        })
        .join("");
      return {
        method: method.toUpperCase(),
        regex: new RegExp(`^${pattern}$`),
        names,
        operation,
        fixed: template.replaceAll(/\{[^}]+\}/g, "").length,
      };
    })
    .sort((left, right) => left.names.length - right.names.length || right.fixed - left.fixed);
  return {
    find(method, path) {
      for (const { regex, names, operation, method: known } of compiled) {
        const match = known === method.toUpperCase() ? regex.exec(path) : null;
        if (match === null) continue;
        const values = Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? "")]));
        return { operation, values };
      }
      return null;
    },
  };
}
