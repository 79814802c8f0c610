/** The vendor's comparators (`StringComparator`, `DateComparator`, …): each condition given must hold. */

export type Conditions = Readonly<Record<string, unknown>>;
export type Scalar = string | number | boolean | null;

const parts = /^(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** An ISO 8601 time, or a duration from now (`-P2W1D` is two weeks and a day ago), as epoch milliseconds. */
function toTimeMs(text: string, nowMs: number): number {
  const match = parts.exec(text);
  if (match === null) return Date.parse(text);
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(2).map((part) => Number(part ?? 0));
  const sign = match[1] === undefined ? 1 : -1;
  const date = new Date(nowMs);
  date.setUTCFullYear(date.getUTCFullYear() + sign * years, date.getUTCMonth() + sign * months);
  return date.getTime() + sign * ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

const fold = (text: string) => text.toLowerCase();
const foldAccents = (text: string) => fold(text.normalize("NFKD").replace(/\p{M}/gu, ""));

type Test = (value: string, operand: string) => boolean;

const stringTests: Readonly<Record<string, Test>> = {
  contains: (value, operand) => value.includes(operand),
  containsIgnoreCase: (value, operand) => fold(value).includes(fold(operand)),
  containsIgnoreCaseAndAccent: (value, operand) => foldAccents(value).includes(foldAccents(operand)),
  endsWith: (value, operand) => value.endsWith(operand),
  eqIgnoreCase: (value, operand) => fold(value) === fold(operand),
  neqIgnoreCase: (value, operand) => fold(value) !== fold(operand),
  notContains: (value, operand) => !value.includes(operand),
  notContainsIgnoreCase: (value, operand) => !fold(value).includes(fold(operand)),
  notEndsWith: (value, operand) => !value.endsWith(operand),
  notStartsWith: (value, operand) => !value.startsWith(operand),
  startsWith: (value, operand) => value.startsWith(operand),
  startsWithIgnoreCase: (value, operand) => fold(value).startsWith(fold(operand)),
};

/** Whether a value meets every condition; `convert` makes operands comparable with the value. */
function meets(value: Scalar, conditions: Conditions, convert: (operand: unknown) => Scalar): boolean {
  return Object.entries(conditions).every(([name, operand]) => {
    if (name === "null") return (value === null) === operand;
    if (name === "and" && Array.isArray(operand)) return operand.every((inner) => meets(value, inner, convert));
    if (name === "or" && Array.isArray(operand)) return operand.some((inner) => meets(value, inner, convert));
    if (name === "in") return Array.isArray(operand) && operand.some((item) => convert(item) === value);
    if (name === "nin") return Array.isArray(operand) && operand.every((item) => convert(item) !== value);
    const other = convert(operand);
    if (name === "eq") return value === other;
    if (name === "neq") return value !== other;
    if (value === null || other === null) return false;
    if (name === "gt") return value > other;
    if (name === "gte") return value >= other;
    if (name === "lt") return value < other;
    if (name === "lte") return value <= other;
    const test = stringTests[name];
    if (test === undefined) throw new Error(`The sandbox does not know the comparator ${name}.`);
    return test(String(value), String(other));
  });
}

const asScalar = (operand: unknown): Scalar =>
  typeof operand === "string" || typeof operand === "number" || typeof operand === "boolean" ? operand : null;

/** Text, ids, numbers and booleans. */
export function meetsScalar(value: Scalar, conditions: Conditions): boolean {
  return meets(value, conditions, asScalar);
}

/** Times; operands may be durations from now. */
export function meetsTime(value: string | null, conditions: Conditions, nowMs: number): boolean {
  return meets(value === null ? null : Date.parse(value), conditions, (operand) =>
    typeof operand === "string" ? toTimeMs(operand, nowMs) : null,
  );
}

/** Days without a time; a duration counts from today. */
export function meetsDay(value: string | null, conditions: Conditions, nowMs: number): boolean {
  return meets(value, conditions, (operand) =>
    typeof operand === "string" ? new Date(toTimeMs(operand, nowMs)).toISOString().slice(0, 10) : null,
  );
}
