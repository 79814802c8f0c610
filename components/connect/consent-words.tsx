/** What the tool's consent page will ask for, before it opens: in the vendor's own words, because that is what its page shows. */
export function ConsentWords({ toolName, scopes }: { readonly toolName: string; readonly scopes: readonly string[] }) {
  if (scopes.length === 0) return null;
  return (
    <p className="text-muted-foreground text-xs">
      {toolName} will be asked for:{" "}
      {scopes.map((scope, index) => (
        <span key={scope}>
          {index === 0 ? "" : " "}
          <code className="break-all rounded-sm border bg-muted px-1 py-px font-mono text-2xs text-foreground">{scope}</code>
        </span>
      ))}
    </p>
  );
}
