-- A workspace's API keys: only the SHA-256 of a key is kept, and a revoked one stays, so that the logs can name it.
CREATE TABLE api_key (
  id uuid PRIMARY KEY,
  workspace_id uuid NOT NULL CONSTRAINT api_key_workspace_id_workspace_id_fk REFERENCES workspace (id) ON DELETE CASCADE,
  name text NOT NULL,
  access text NOT NULL CONSTRAINT api_key_access CHECK (access in ('read', 'read_write')),
  key_hash text NOT NULL CONSTRAINT api_key_key_hash_unique UNIQUE,
  hint text NOT NULL,
  created_by uuid CONSTRAINT api_key_created_by_user_id_fk REFERENCES "user" (id) ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_key_workspace ON api_key (workspace_id, created_at);
REVOKE ALL ON api_key FROM PUBLIC;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON api_key TO hub_app;
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key FORCE ROW LEVEL SECURITY;
CREATE POLICY api_key ON api_key TO hub_app
  USING (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid)
  WITH CHECK (workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid);

-- Who called, and who changed something, may be a key.
ALTER TABLE api_call ADD COLUMN actor_key_id uuid;
ALTER TABLE audit_event ADD COLUMN actor_key_id uuid;

GRANT SELECT (id, workspace_id, name, access, key_hash, last_used_at, revoked_at), UPDATE (last_used_at) ON api_key TO hub_definer;
GRANT SELECT (deleting_at) ON workspace TO hub_definer;
CREATE POLICY definer_select ON api_key FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_update ON api_key FOR UPDATE TO hub_definer USING (true) WITH CHECK (true);

-- The live key with that hash and its workspace; no row for one that is unknown or revoked, or whose workspace is being deleted. Its use is
-- noted to the minute, so that a busy key does not write with every call.
CREATE FUNCTION hub_use_api_key(wanted_key_hash text)
RETURNS TABLE (key_id uuid, name text, access text, workspace_id uuid, slug text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  UPDATE public.api_key k SET last_used_at = clock_timestamp()
  WHERE k.key_hash = wanted_key_hash AND k.revoked_at IS NULL
    AND (k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute');
  SELECT k.id, k.name, k.access, w.id, w.slug
  FROM public.api_key k JOIN public.workspace w ON w.id = k.workspace_id
  WHERE k.key_hash = wanted_key_hash AND k.revoked_at IS NULL AND w.deleting_at IS NULL
$$;

GRANT CREATE ON SCHEMA public TO hub_definer;
REVOKE ALL ON FUNCTION hub_use_api_key(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub_use_api_key(text) TO hub_system;
ALTER FUNCTION hub_use_api_key(text) OWNER TO hub_definer;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
