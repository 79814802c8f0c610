/** The environment variables a tool waits for. */
export function MissingVariables({ names }: { readonly names: readonly string[] }) {
  return (
    <ul className="mt-1 flex flex-wrap gap-1">
      {names.map((name) => (
        <li key={name}>
          <code className="rounded-sm border bg-muted px-1.5 py-0.5 font-mono text-2xs">{name}</code>
        </li>
      ))}
    </ul>
  );
}
