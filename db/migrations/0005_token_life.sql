-- How long a refresh token lasts unused, where the vendor says, and when the hub looks after a token by itself: before it dies unused, and
-- soon after a renewal whose outcome is open. What is connected already is looked after within days, spread out.
ALTER TABLE connection_token ADD COLUMN refresh_expires_at timestamptz;
ALTER TABLE connection_token ADD COLUMN keep_alive_at timestamptz DEFAULT now() + (0.5 + random() / 2) * interval '7 days';
ALTER TABLE connection_token ALTER COLUMN keep_alive_at DROP DEFAULT;
CREATE INDEX connection_token_keep_alive ON connection_token (keep_alive_at);

-- A connection's last failed call, for its health in words.
CREATE INDEX api_call_failed ON api_call (workspace_id, connection_id, at, id) WHERE error_code IS NOT NULL;

GRANT SELECT (workspace_id, connection_id, keep_alive_at) ON connection_token TO hub_definer;
CREATE POLICY definer_select ON connection_token FOR SELECT TO hub_definer USING (keep_alive_at IS NOT NULL);

-- The connections whose tokens are due to be looked after, the longest due first. At most `at_most`.
CREATE FUNCTION hub_list_idle_tokens(at_most integer)
RETURNS TABLE (workspace_id uuid, connection_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT t.workspace_id, t.connection_id FROM public.connection_token t
  WHERE t.keep_alive_at <= pg_catalog.clock_timestamp() ORDER BY t.keep_alive_at LIMIT at_most
$$;

GRANT CREATE ON SCHEMA public TO hub_definer;
REVOKE ALL ON FUNCTION hub_list_idle_tokens(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub_list_idle_tokens(integer) TO hub_system;
ALTER FUNCTION hub_list_idle_tokens(integer) OWNER TO hub_definer;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
