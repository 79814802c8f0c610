-- A consent may be meant for a connection. When another account comes back, the person is asked, and until they answer what was granted is
-- held here, sealed: never in clear, never usable for calls, given back at the tool when the answer does not come in time.
ALTER TABLE oauth_flow
  ADD COLUMN target_connection_id uuid,
  ADD COLUMN asked_scopes text[] NOT NULL DEFAULT '{}',
  ADD COLUMN held_enc bytea,
  ADD COLUMN held_key_version integer GENERATED ALWAYS AS
    ((get_byte(held_enc, 1) << 24) | (get_byte(held_enc, 2) << 16) | (get_byte(held_enc, 3) << 8) | get_byte(held_enc, 4)) STORED,
  ADD COLUMN held_identity jsonb,
  ADD CONSTRAINT oauth_flow_held_data_key FOREIGN KEY (workspace_id, held_key_version) REFERENCES workspace_key (workspace_id, version);
ALTER TABLE oauth_flow DROP CONSTRAINT oauth_flow_status;
ALTER TABLE oauth_flow
  ADD CONSTRAINT oauth_flow_status CHECK (status in ('pending', 'exchanging', 'asking', 'connected', 'denied', 'failed')),
  -- Asking means holding; what is held is never beside a connection that was made of it.
  ADD CONSTRAINT oauth_flow_held CHECK ((status <> 'asking' OR held_enc IS NOT NULL) AND (held_enc IS NULL OR status in ('asking', 'exchanging', 'failed')));
CREATE INDEX oauth_flow_held_until ON oauth_flow (expires_at) WHERE held_enc IS NOT NULL;

-- One shared connection an account, whoever connects it: two people at once must not make two.
CREATE UNIQUE INDEX connection_account_shared ON connection (workspace_id, integration, external_org_id, external_account_id)
  WHERE visibility = 'workspace';
CREATE INDEX connection_external_account ON connection (integration, external_org_id, external_account_id);

GRANT SELECT (held_enc) ON oauth_flow TO hub_definer;
GRANT SELECT (integration, external_org_id, external_account_id) ON connection TO hub_definer;
CREATE POLICY definer_select ON connection FOR SELECT TO hub_definer USING (true);

-- The workspaces that hold a consent whose time is over. At most `at_most`.
CREATE FUNCTION hub_list_held_consents(before timestamptz, at_most integer)
RETURNS TABLE (workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT DISTINCT f.workspace_id FROM public.oauth_flow f WHERE f.held_enc IS NOT NULL AND f.expires_at < before LIMIT at_most
$$;

-- Whether any workspace has a connection of that account: ending one of its tokens may end them all, where the vendor works so.
CREATE FUNCTION hub_account_connected(wanted_integration text, wanted_org text, wanted_account text)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (
    SELECT FROM public.connection c
    WHERE c.integration = wanted_integration AND c.external_org_id = wanted_org AND c.external_account_id = wanted_account
  )
$$;

GRANT CREATE ON SCHEMA public TO hub_definer;
DO $$
DECLARE
  function_name regprocedure;
BEGIN
  FOREACH function_name IN ARRAY ARRAY[
    'hub_list_held_consents(timestamptz, integer)'::regprocedure, 'hub_account_connected(text, text, text)'::regprocedure
  ] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', function_name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO hub_system', function_name);
    EXECUTE format('ALTER FUNCTION %s OWNER TO hub_definer', function_name);
  END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
