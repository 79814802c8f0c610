-- The call log answers why a call failed: whether an attempt left the hub at all, our own sentence where no answer of the tool says it, and
-- the transaction that wrote it, by which a live reader knows what it has not seen yet.
ALTER TABLE api_call ADD COLUMN sent boolean NOT NULL DEFAULT true;
ALTER TABLE api_call ADD COLUMN reason text;
ALTER TABLE api_call ADD COLUMN written_in bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);

-- A list reads what is shared and what is one's own, each in order, so that other people's private calls cost it nothing.
DROP INDEX api_call_at;
CREATE INDEX api_call_at ON api_call (workspace_id, owner_id, at, id);
CREATE INDEX api_call_call ON api_call (workspace_id, call_id, attempt);
CREATE INDEX api_call_written ON api_call (workspace_id, written_in, id);
-- Each workspace keeps the log for days of its own, so old rows of another must not lie in the way.
DROP INDEX api_call_prune;
CREATE INDEX api_call_prune ON api_call (workspace_id, at);

-- Days that the workspace keeps its call log; null: as long as the hub does by default.
ALTER TABLE workspace ADD COLUMN call_log_days integer CONSTRAINT workspace_call_log_days CHECK (call_log_days BETWEEN 1 AND 365);
GRANT UPDATE (call_log_days) ON workspace TO hub_app;
GRANT SELECT (call_log_days) ON workspace TO hub_definer;

-- The workspaces that hold calls older than each keeps them, one probe of an index a workspace. At most `at_most`.
CREATE FUNCTION hub_list_overdue_call_logs(default_days integer, moment timestamptz, at_most integer)
RETURNS TABLE (workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.id FROM public.workspace w
  WHERE EXISTS (
    SELECT FROM public.api_call c
    WHERE c.workspace_id = w.id AND c.at < moment - make_interval(days => coalesce(w.call_log_days, default_days))
  )
  ORDER BY w.id LIMIT at_most
$$;

GRANT CREATE ON SCHEMA public TO hub_definer;
REVOKE ALL ON FUNCTION hub_list_overdue_call_logs(integer, timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub_list_overdue_call_logs(integer, timestamptz, integer) TO hub_system;
ALTER FUNCTION hub_list_overdue_call_logs(integer, timestamptz, integer) OWNER TO hub_definer;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
