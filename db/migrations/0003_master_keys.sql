-- Which master keys the workspaces' data keys were wrapped with: start-up compares them with the one it was given.
GRANT SELECT (kek_id) ON workspace_key TO hub_definer;
CREATE POLICY definer_select ON workspace_key FOR SELECT TO hub_definer USING (true);

CREATE FUNCTION hub_list_kek_ids()
RETURNS TABLE (kek_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT DISTINCT k.kek_id FROM public.workspace_key k
$$;

GRANT CREATE ON SCHEMA public TO hub_definer;
REVOKE ALL ON FUNCTION hub_list_kek_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub_list_kek_ids() TO hub_system;
ALTER FUNCTION hub_list_kek_ids() OWNER TO hub_definer;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
