import { formatAbsolute, formatRelative } from "./format-time";

export interface TimeProps {
  /** ISO 8601. */
  readonly at: string;
  readonly className?: string;
}

/** "4 min ago", with the exact time in UTC on hover and in `datetime`. Server and browser may differ by a moment, which is no error. */
export function RelativeTime({ at, className }: TimeProps) {
  return (
    <time dateTime={at} title={formatAbsolute(at)} className={className} suppressHydrationWarning>
      {formatRelative(at, Date.now())}
    </time>
  );
}

/** "23 Nov 2026, 02:41:10 UTC". */
export function AbsoluteTime({ at, className }: TimeProps) {
  return (
    <time dateTime={at} className={className}>
      {formatAbsolute(at)}
    </time>
  );
}
