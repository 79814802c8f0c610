import type { Violation } from "../validator";
import type { GraphModel, TypeReference } from "./model";
import type { Target } from "./paths";

/** Query options of OData and Graph. */

/** Options of single resources that the model cannot say, with the page that does. */
const ownOptions: Readonly<Record<string, readonly string[]>> = {
  // https://learn.microsoft.com/graph/api/user-list-calendarview and event-delta
  calendarView: ["startDateTime", "endDateTime"],
  instances: ["startDateTime", "endDateTime"],
  // https://learn.microsoft.com/graph/api/user-list-mailfolders
  mailFolders: ["includeHiddenFolders"],
  childFolders: ["includeHiddenFolders"],
  // https://learn.microsoft.com/graph/api/message-delta
  messages: ["changeType"],
  // https://learn.microsoft.com/graph/api/driveitem-delta
  root: ["token"],
  items: ["token"],
  // https://learn.microsoft.com/graph/api/driveitem-put-content
  content: ["@microsoft.graph.conflictBehavior"],
};

const plain: Readonly<Record<string, RegExp>> = {
  $top: /^\d+$/,
  $skip: /^\d+$/,
  $count: /^(?:true|false)$/,
  $search: /./,
  $skiptoken: /./,
  $skipToken: /./,
  $deltatoken: /./,
  $deltaToken: /./,
  $format: /^(?:json|application\/json.*)$/,
};

/** Splits at commas that are not inside parentheses or quotes. */
function splitList(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let part = "";
  for (const character of text) {
    if (character === "'") quoted = !quoted;
    if (!quoted && character === "(") depth += 1;
    if (!quoted && character === ")") depth -= 1;
    if (character === "," && depth === 0 && !quoted) {
      parts.push(part);
      part = "";
    } else part += character;
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== "");
}

const words: ReadonlySet<string> = new Set(
  "and or not eq ne gt ge lt le in has any all true false null contains startswith endswith tolower toupper length indexof substring year month day hour minute second date time now concat trim round floor ceiling cast isof".split(
    " ",
  ),
);

/** Paths of properties in a filter: words that are no operators, functions, literals or variables of lambdas. */
function pathsOfFilter(filter: string): readonly string[] {
  const bare = filter.replaceAll(/'(?:[^']|'')*'/g, " ").replaceAll(/\d{4}-\d{2}-\d{2}[\dT:.Z+-]*/g, " ");
  const variables = new Set([...bare.matchAll(/\b(\w+):/g)].map((match) => match[1]));
  return [...bare.matchAll(/[A-Za-z_][\w/]*/g)]
    .map(([path]) => path)
    .filter((path) => !words.has(path.toLowerCase()) && !variables.has(path.split("/")[0]))
    .map((path) => path.replace(/\/(?:any|all)$/, ""));
}

export function checkQuery(model: GraphModel, target: Target, query: URLSearchParams): readonly Violation[] {
  const subject: TypeReference = target.kind === "operation" ? (target.operation?.answers ?? target.type) : target.type;

  /** Every step of a property path must be a member of what is before it. */
  function checkPath(path: string, where: string): readonly Violation[] {
    let type = subject.name;
    for (const step of path.split("/")) {
      if (model.findType(step.replace(/^graph\./, "microsoft.graph.")) !== null) {
        type = step.replace(/^graph\./, "microsoft.graph.");
        continue;
      }
      const member = model.findMember(type, step);
      if (member === null) return [{ where, what: `"${step}" is no member of ${type}` }];
      type = member.name;
    }
    return [];
  }

  const checks: Readonly<Record<string, (value: string) => readonly Violation[]>> = {
    $select: (value) => splitList(value).flatMap((one) => (one === "*" ? [] : checkPath(one, "query $select"))),
    $orderby: (value) => splitList(value).flatMap((one) => checkPath(one.replace(/\s+(?:asc|desc)$/i, ""), "query $orderby")),
    $expand: (value) => splitList(value).flatMap((one) => checkPath(one.split("(")[0] ?? "", "query $expand")),
    $filter: (value) => pathsOfFilter(value).flatMap((one) => checkPath(one, "query $filter")),
  };
  const own = [...(ownOptions[target.through] ?? []), ...(ownOptions[target.template.split("/").at(-1) ?? ""] ?? [])];
  const parameters = target.operation?.isFunction === true ? [...target.operation.parameters.keys()] : [];
  return [...query].flatMap(([name, value]): readonly Violation[] => {
    const check = checks[name];
    if (check !== undefined) return check(value);
    const pattern = plain[name];
    if (pattern !== undefined) return pattern.test(value) ? [] : [{ where: `query ${name}`, what: `"${value}" is not of its form` }];
    return own.includes(name) || parameters.includes(name) ? [] : [{ where: "query", what: `"${name}" is not described` }];
  });
}
