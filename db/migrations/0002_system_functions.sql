-- Work that starts outside any workspace: finding the scope of a request, joining, and asking where something has expired. Each function is
-- owned by hub_definer, which sees only the columns granted here, and callable by hub_system alone. The empty search_path keeps a table
-- of the same name elsewhere from being read in place of ours. `db/functions.test.ts` lists them, their owners and their grants exactly.

GRANT SELECT (id, slug, name), INSERT (id, slug, name) ON workspace TO hub_definer;
GRANT SELECT (workspace_id, user_id, role), INSERT (workspace_id, user_id, role) ON member TO hub_definer;
GRANT SELECT (id, workspace_id, role, token_hash, invited_by, expires_at, accepted_by, accepted_at), UPDATE (accepted_by, accepted_at) ON invitation TO hub_definer;
GRANT SELECT (id, workspace_id, user_id, state_hash, expires_at) ON oauth_flow TO hub_definer;
GRANT SELECT (id, name, email) ON "user" TO hub_definer;
GRANT SELECT (workspace_id, expires_at) ON vfs_node, vfs_print, vfs_plan, vfs_idempotency, vfs_alias TO hub_definer;
GRANT SELECT (workspace_id, at) ON api_call TO hub_definer;

CREATE POLICY definer_select ON workspace FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_insert ON workspace FOR INSERT TO hub_definer WITH CHECK (true);
CREATE POLICY definer_select ON member FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_insert ON member FOR INSERT TO hub_definer WITH CHECK (true);
CREATE POLICY definer_select ON invitation FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_update ON invitation FOR UPDATE TO hub_definer USING (true) WITH CHECK (true);
CREATE POLICY definer_select ON oauth_flow FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_select ON "user" FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_select ON vfs_node FOR SELECT TO hub_definer USING (expires_at IS NOT NULL);
CREATE POLICY definer_select ON vfs_print FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_select ON vfs_plan FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_select ON vfs_idempotency FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_select ON vfs_alias FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_select ON api_call FOR SELECT TO hub_definer USING (true);

-- The workspace of a slug, if the person is a member of it; otherwise no row, whether or not the slug exists.
CREATE FUNCTION hub_find_membership(member_user_id uuid, workspace_slug text)
RETURNS TABLE (workspace_id uuid, slug text, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.id, w.slug, w.name, m.role
  FROM public.workspace w JOIN public.member m ON m.workspace_id = w.id
  WHERE w.slug = workspace_slug AND m.user_id = member_user_id
$$;

CREATE FUNCTION hub_list_memberships(member_user_id uuid)
RETURNS TABLE (workspace_id uuid, slug text, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.id, w.slug, w.name, m.role
  FROM public.member m JOIN public.workspace w ON w.id = m.workspace_id
  WHERE m.user_id = member_user_id
  ORDER BY w.name, w.slug
$$;

-- The slug of a workspace, for jobs that start from an id. No row when it is gone.
CREATE FUNCTION hub_find_workspace(wanted uuid)
RETURNS TABLE (workspace_id uuid, slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.id, w.slug FROM public.workspace w WHERE w.id = wanted
$$;

CREATE FUNCTION hub_slug_taken(wanted text)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT EXISTS (SELECT FROM public.workspace w WHERE w.slug = wanted)
$$;

-- Makes a workspace with its first owner. A taken slug is unique_violation on workspace_slug_unique, and nothing is made.
CREATE FUNCTION hub_create_workspace(new_id uuid, new_slug text, new_name text, owner_user_id uuid)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
  INSERT INTO public.workspace (id, slug, name) VALUES (new_id, new_slug, new_name);
  INSERT INTO public.member (workspace_id, user_id, role) VALUES (new_id, owner_user_id, 'owner');
$$;

-- What an invitation's page shows. Whoever has the token may see this much; the caller decides by expires_at and accepted_at.
CREATE FUNCTION hub_find_invitation(wanted_token_hash text)
RETURNS TABLE (invitation_id uuid, workspace_id uuid, workspace_slug text, workspace_name text, role text, invited_by text, expires_at timestamptz, accepted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT i.id, i.workspace_id, w.slug, w.name, i.role, coalesce(u.name, u.email), i.expires_at, i.accepted_at
  FROM public.invitation i JOIN public.workspace w ON w.id = i.workspace_id LEFT JOIN public."user" u ON u.id = i.invited_by
  WHERE i.token_hash = wanted_token_hash
$$;

-- Uses an invitation up, once: of several callers at the same moment one is 'accepted', the others get no row, as for an unknown,
-- expired or used token. Someone who is a member already is 'already_member': the role stays, the link stays usable.
CREATE FUNCTION hub_accept_invitation(wanted_token_hash text, member_user_id uuid)
RETURNS TABLE (outcome text, workspace_id uuid, slug text, role text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  found_invitation record;
  current_role_name text;
BEGIN
  SELECT i.id, i.workspace_id, i.role, w.slug INTO found_invitation
  FROM public.invitation i JOIN public.workspace w ON w.id = i.workspace_id
  WHERE i.token_hash = wanted_token_hash AND i.accepted_at IS NULL AND i.expires_at > clock_timestamp()
  FOR UPDATE OF i;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT m.role INTO current_role_name FROM public.member m
  WHERE m.workspace_id = found_invitation.workspace_id AND m.user_id = member_user_id;
  IF FOUND THEN
    RETURN QUERY SELECT 'already_member'::text, found_invitation.workspace_id, found_invitation.slug, current_role_name;
    RETURN;
  END IF;
  UPDATE public.invitation i SET accepted_by = member_user_id, accepted_at = clock_timestamp() WHERE i.id = found_invitation.id;
  INSERT INTO public.member (workspace_id, user_id, role) VALUES (found_invitation.workspace_id, member_user_id, found_invitation.role);
  RETURN QUERY SELECT 'accepted'::text, found_invitation.workspace_id, found_invitation.slug, found_invitation.role;
END
$$;

-- Where an OAuth callback belongs; the flow itself is then read inside that workspace, as that person.
CREATE FUNCTION hub_find_oauth_flow(wanted_state_hash text)
RETURNS TABLE (flow_id uuid, workspace_id uuid, user_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT f.id, f.workspace_id, f.user_id FROM public.oauth_flow f WHERE f.state_hash = wanted_state_hash
$$;

-- The workspaces that hold rows of a kind older than `before`: expired for what expires, written for the call log. At most `at_most`.
CREATE FUNCTION hub_list_expired(kind text, before timestamptz, at_most integer)
RETURNS TABLE (workspace_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  CASE kind
    WHEN 'node' THEN RETURN QUERY SELECT DISTINCT t.workspace_id FROM public.vfs_node t WHERE t.expires_at < before LIMIT at_most;
    WHEN 'print' THEN RETURN QUERY SELECT DISTINCT t.workspace_id FROM public.vfs_print t WHERE t.expires_at < before LIMIT at_most;
    WHEN 'plan' THEN RETURN QUERY SELECT DISTINCT t.workspace_id FROM public.vfs_plan t WHERE t.expires_at < before LIMIT at_most;
    WHEN 'idempotency' THEN RETURN QUERY SELECT DISTINCT t.workspace_id FROM public.vfs_idempotency t WHERE t.expires_at < before LIMIT at_most;
    WHEN 'alias' THEN RETURN QUERY SELECT DISTINCT t.workspace_id FROM public.vfs_alias t WHERE t.expires_at < before LIMIT at_most;
    WHEN 'flow' THEN RETURN QUERY SELECT DISTINCT t.workspace_id FROM public.oauth_flow t WHERE t.expires_at < before LIMIT at_most;
    WHEN 'invitation' THEN RETURN QUERY SELECT DISTINCT t.workspace_id FROM public.invitation t WHERE t.expires_at < before LIMIT at_most;
    WHEN 'call' THEN RETURN QUERY SELECT DISTINCT t.workspace_id FROM public.api_call t WHERE t.at < before LIMIT at_most;
  END CASE;
END
$$;

-- Hand them over. Owning needs CREATE on the schema at that moment only.
GRANT CREATE ON SCHEMA public TO hub_definer;
DO $$
DECLARE
  function_name regprocedure;
BEGIN
  FOR function_name IN
    SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'hub\_%'
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', function_name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO hub_system', function_name);
    EXECUTE format('ALTER FUNCTION %s OWNER TO hub_definer', function_name);
  END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
