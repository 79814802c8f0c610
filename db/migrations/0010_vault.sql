-- A ciphertext names its data key. Nothing was released with the former format, so there is nothing to carry over: what a developer's own
-- folder holds is dropped, and its connections ask to be connected again.
ALTER TABLE connection NO FORCE ROW LEVEL SECURITY;
UPDATE connection SET status = 'reauth_required', status_since = now(), status_reason = 'The vault has a new format. Connect again.'
  WHERE status <> 'disconnecting';
ALTER TABLE connection FORCE ROW LEVEL SECURITY;
TRUNCATE connection_token, oauth_flow, workspace_key;

-- The version is read from the ciphertext itself (`server/connections/keyring.ts`: byte 0 is the format, 1 to 4 the version), so the two cannot
-- differ. The foreign keys are what makes a rotation safe beside running processes: a data key that a row needs cannot be deleted, and nothing
-- can be stored under one that was, however long ago a process read its keys.
ALTER TABLE connection_token
  DROP COLUMN key_version,
  ADD COLUMN access_key_version integer GENERATED ALWAYS AS
    ((get_byte(access_enc, 1) << 24) | (get_byte(access_enc, 2) << 16) | (get_byte(access_enc, 3) << 8) | get_byte(access_enc, 4)) STORED,
  ADD COLUMN refresh_key_version integer GENERATED ALWAYS AS
    ((get_byte(refresh_enc, 1) << 24) | (get_byte(refresh_enc, 2) << 16) | (get_byte(refresh_enc, 3) << 8) | get_byte(refresh_enc, 4)) STORED,
  ADD CONSTRAINT connection_token_access_data_key FOREIGN KEY (workspace_id, access_key_version) REFERENCES workspace_key (workspace_id, version),
  ADD CONSTRAINT connection_token_refresh_data_key FOREIGN KEY (workspace_id, refresh_key_version) REFERENCES workspace_key (workspace_id, version);
GRANT DELETE ON workspace_key TO hub_app;

-- The rotations. Only an unfinished one matters: its start says which data keys are new already, so that one that was killed goes on where it was.
CREATE TABLE vault_rotation (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  ended_at timestamp with time zone
);
CREATE UNIQUE INDEX vault_rotation_unfinished ON vault_rotation ((ended_at IS NULL)) WHERE ended_at IS NULL;
ALTER TABLE vault_rotation ENABLE ROW LEVEL SECURITY;
ALTER TABLE vault_rotation FORCE ROW LEVEL SECURITY;
CREATE POLICY definer ON vault_rotation TO hub_definer USING (true) WITH CHECK (true);
GRANT SELECT (started_at, ended_at), INSERT (started_at), UPDATE (ended_at) ON vault_rotation TO hub_definer;
GRANT SELECT (workspace_id, version, created_at) ON workspace_key TO hub_definer;

-- Begins a rotation, or goes on with the unfinished one: when it began.
CREATE FUNCTION hub_begin_vault_rotation()
RETURNS timestamptz
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO public.vault_rotation (started_at) VALUES (clock_timestamp()) ON CONFLICT DO NOTHING;
  SELECT r.started_at FROM public.vault_rotation r WHERE r.ended_at IS NULL
$$;

CREATE FUNCTION hub_end_vault_rotation()
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  UPDATE public.vault_rotation SET ended_at = clock_timestamp() WHERE ended_at IS NULL
$$;

-- The workspaces after `after_id`, in order, that a rotation has work in: whose newest data key is older than its start, that have an old one
-- left, or one that another master key wraps.
CREATE FUNCTION hub_list_vault_work(started timestamptz, current_kek_id text, after_id uuid, at_most integer)
RETURNS TABLE (workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT k.workspace_id FROM public.workspace_key k
  WHERE after_id IS NULL OR k.workspace_id > after_id
  GROUP BY k.workspace_id
  HAVING max(k.created_at) < started OR count(*) > 1 OR bool_or(k.kek_id <> current_kek_id)
  ORDER BY k.workspace_id LIMIT at_most
$$;

-- The newest plans of a person are kept, and the others found by this; it leads with the workspace, as the index before it.
DROP INDEX vfs_plan_workspace;
CREATE INDEX vfs_plan_owner ON vfs_plan (workspace_id, owner_id, created_at, id);

-- What a connection brought goes with it, the plans and receipts of every person included: a job meets them from the moment it is ending.
ALTER TABLE vfs_idempotency ADD COLUMN connection_id uuid;
DO $$
DECLARE
  entry text;
  workspace constant text := $e$workspace_id = nullif(current_setting('app.workspace_id', true), '')::uuid$e$;
  person constant text := $e$nullif(current_setting('app.user_id', true), '')::uuid$e$;
  job constant text := $e$current_setting('app.actor', true) = 'job'$e$;
BEGIN
  FOREACH entry IN ARRAY ARRAY['vfs_plan', 'vfs_idempotency'] LOOP
    EXECUTE format('ALTER POLICY workspace ON %1$I USING (%2$s AND (owner_id = %3$s OR (%4$s AND (expires_at < now() OR EXISTS (
      SELECT FROM connection c WHERE c.workspace_id = %1$I.workspace_id AND c.id = %1$I.connection_id AND c.status = ''disconnecting'')))))',
      entry, workspace, person, job);
  END LOOP;
END $$;

-- Audit events are kept for 400 days, and nobody can delete one before: the limit is in the policy, not in who calls.
CREATE INDEX audit_event_prune ON audit_event (at);
GRANT SELECT (at) ON audit_event TO hub_definer;
CREATE POLICY definer_prune ON audit_event FOR DELETE TO hub_definer USING (at < now() - interval '400 days');
CREATE POLICY definer_prune_select ON audit_event FOR SELECT TO hub_definer USING (at < now() - interval '400 days');

CREATE FUNCTION hub_prune_audit_events(at_most integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  pruned integer;
BEGIN
  DELETE FROM public.audit_event t
  WHERE t.id = ANY (ARRAY(SELECT s.id FROM public.audit_event s WHERE s.at < now() - interval '400 days' ORDER BY s.at LIMIT at_most));
  GET DIAGNOSTICS pruned = ROW_COUNT;
  RETURN pruned;
END
$$;

GRANT CREATE ON SCHEMA public TO hub_definer;
DO $$
DECLARE
  function_name text;
BEGIN
  FOREACH function_name IN ARRAY ARRAY[
    'hub_begin_vault_rotation()', 'hub_end_vault_rotation()', 'hub_list_vault_work(timestamptz, text, uuid, integer)',
    'hub_prune_audit_events(integer)'
  ] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', function_name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO hub_system', function_name);
    EXECUTE format('ALTER FUNCTION %s OWNER TO hub_definer', function_name);
  END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
