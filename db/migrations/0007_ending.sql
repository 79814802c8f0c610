-- How things end: access of a workspace stopped, connections disconnected with a receipt, a workspace deleted.

-- Stopped: no call to any tool leaves for this workspace until somebody resumes. Deleting: found by nobody any more.
ALTER TABLE workspace ADD COLUMN stopped_at timestamp with time zone;
ALTER TABLE workspace ADD COLUMN stopped_by uuid;
ALTER TABLE workspace ADD COLUMN deleting_at timestamp with time zone;
ALTER TABLE workspace ADD CONSTRAINT workspace_stopped_by_user_id_fk FOREIGN KEY (stopped_by) REFERENCES "user"(id) ON DELETE set null;
GRANT UPDATE (stopped_at, stopped_by) ON workspace TO hub_app;

-- A disconnect under way: who asked, until when somebody works on it, and what the vendor has answered to the revocation.
ALTER TABLE connection ADD COLUMN ending_by uuid;
ALTER TABLE connection ADD COLUMN ending_until timestamp with time zone;
ALTER TABLE connection ADD COLUMN revocation jsonb;
CREATE INDEX connection_ending ON connection (ending_until) WHERE status = 'disconnecting';
CREATE INDEX audit_event_receipt ON audit_event (workspace_id, at, id) WHERE action = 'connection.disconnected';
CREATE INDEX vfs_plan_workspace ON vfs_plan (workspace_id);

-- What a person keeps of a workspace that they deleted: how far it is, and the receipts. It outlives the workspace, so it refers to none.
CREATE TABLE workspace_deletion (
  id uuid PRIMARY KEY NOT NULL,
  user_id uuid,
  name text NOT NULL,
  requested_at timestamp with time zone DEFAULT now() NOT NULL,
  finished_at timestamp with time zone,
  held_until timestamp with time zone,
  connections integer DEFAULT 0 NOT NULL,
  erased integer DEFAULT 0 NOT NULL,
  receipts jsonb DEFAULT '[]'::jsonb NOT NULL
);
ALTER TABLE workspace_deletion ADD CONSTRAINT workspace_deletion_user_id_user_id_fk FOREIGN KEY (user_id) REFERENCES "user"(id) ON DELETE set null;
CREATE INDEX workspace_deletion_requested ON workspace_deletion (requested_at);
ALTER TABLE workspace_deletion ENABLE ROW LEVEL SECURITY;
ALTER TABLE workspace_deletion FORCE ROW LEVEL SECURITY;
REVOKE ALL ON workspace_deletion FROM PUBLIC;
CREATE POLICY identity ON workspace_deletion TO hub_auth USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE, DELETE ON workspace_deletion TO hub_auth;

GRANT SELECT (deleting_at), UPDATE (deleting_at, slug), DELETE ON workspace TO hub_definer;
GRANT SELECT (id, workspace_id, owner_id, visibility, status, ending_until) ON connection TO hub_definer;
GRANT SELECT (id), INSERT (id, user_id, name) ON workspace_deletion TO hub_definer;
GRANT SELECT (workspace_id, path), DELETE ON vfs_node TO hub_definer;
GRANT SELECT (workspace_id, node_id), DELETE ON vfs_content TO hub_definer;
GRANT SELECT (workspace_id, id), DELETE ON vfs_plan, api_call, audit_event, oauth_flow TO hub_definer;
GRANT SELECT (workspace_id, key), DELETE ON vfs_idempotency TO hub_definer;
GRANT SELECT (workspace_id, name), DELETE ON vfs_alias TO hub_definer;

CREATE POLICY definer_ending ON connection FOR SELECT TO hub_definer USING (true);
CREATE POLICY definer_insert ON workspace_deletion FOR INSERT TO hub_definer WITH CHECK (true);
CREATE POLICY definer_update ON workspace FOR UPDATE TO hub_definer USING (deleting_at IS NULL) WITH CHECK (deleting_at IS NOT NULL);
CREATE POLICY definer_erase ON workspace FOR DELETE TO hub_definer USING (deleting_at IS NOT NULL);
-- The right to delete reaches into workspaces that are being deleted, and into no other.
DO $$
DECLARE
  entry text;
BEGIN
  FOREACH entry IN ARRAY ARRAY['vfs_node', 'vfs_content', 'vfs_plan', 'vfs_idempotency', 'vfs_alias', 'api_call', 'audit_event', 'oauth_flow'] LOOP
    EXECUTE format('CREATE POLICY definer_erase ON %I FOR DELETE TO hub_definer USING (EXISTS (SELECT FROM workspace w WHERE w.id = workspace_id AND w.deleting_at IS NOT NULL))', entry);
    EXECUTE format('CREATE POLICY definer_erase_select ON %I FOR SELECT TO hub_definer USING (EXISTS (SELECT FROM workspace w WHERE w.id = workspace_id AND w.deleting_at IS NOT NULL))', entry);
  END LOOP;
END $$;

-- Replacing a function takes its owner, and an owner that may create.
GRANT CREATE ON SCHEMA public TO hub_definer;
SET LOCAL ROLE hub_definer;

CREATE OR REPLACE FUNCTION hub_find_membership(member_user_id uuid, workspace_slug text)
RETURNS TABLE (workspace_id uuid, slug text, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.id, w.slug, w.name, m.role
  FROM public.workspace w JOIN public.member m ON m.workspace_id = w.id
  WHERE w.slug = workspace_slug AND m.user_id = member_user_id AND w.deleting_at IS NULL
$$;

CREATE OR REPLACE FUNCTION hub_list_memberships(member_user_id uuid)
RETURNS TABLE (workspace_id uuid, slug text, name text, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.id, w.slug, w.name, m.role
  FROM public.member m JOIN public.workspace w ON w.id = m.workspace_id
  WHERE m.user_id = member_user_id AND w.deleting_at IS NULL
  ORDER BY w.name, w.slug
$$;

CREATE OR REPLACE FUNCTION hub_find_workspace(wanted uuid)
RETURNS TABLE (workspace_id uuid, slug text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT w.id, w.slug FROM public.workspace w WHERE w.id = wanted AND w.deleting_at IS NULL
$$;

CREATE OR REPLACE FUNCTION hub_find_invitation(wanted_token_hash text)
RETURNS TABLE (invitation_id uuid, workspace_id uuid, workspace_slug text, workspace_name text, role text, invited_by text, expires_at timestamptz, accepted_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT i.id, i.workspace_id, w.slug, w.name, i.role, coalesce(u.name, u.email), i.expires_at, i.accepted_at
  FROM public.invitation i JOIN public.workspace w ON w.id = i.workspace_id LEFT JOIN public."user" u ON u.id = i.invited_by
  WHERE i.token_hash = wanted_token_hash AND w.deleting_at IS NULL
$$;

CREATE OR REPLACE FUNCTION hub_accept_invitation(wanted_token_hash text, member_user_id uuid)
RETURNS TABLE (outcome text, workspace_id uuid, slug text, role text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  found_invitation record;
  current_role_name text;
BEGIN
  SELECT i.id, i.workspace_id, i.role, w.slug INTO found_invitation
  FROM public.invitation i JOIN public.workspace w ON w.id = i.workspace_id
  WHERE i.token_hash = wanted_token_hash AND i.accepted_at IS NULL AND i.expires_at > clock_timestamp() AND w.deleting_at IS NULL
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

-- Begins a deletion: from here on the workspace is found by nobody, and its address is free. False, and nothing done, when the person is
-- not an owner of it at this moment or it is being deleted already.
CREATE FUNCTION hub_begin_workspace_deletion(wanted uuid, by_user uuid)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  named text;
BEGIN
  -- The new address is random: one made from the id could be taken beforehand, to keep the workspace from being deleted.
  UPDATE public.workspace w SET deleting_at = clock_timestamp(), slug = 'deleting-' || gen_random_uuid()
  WHERE w.id = wanted AND w.deleting_at IS NULL
    AND EXISTS (SELECT FROM public.member m WHERE m.workspace_id = wanted AND m.user_id = by_user AND m.role = 'owner')
  RETURNING w.name INTO named;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO public.workspace_deletion (id, user_id, name) VALUES (wanted, by_user, named);
  RETURN true;
END
$$;

-- Deletes at most so many rows of a workspace that is being deleted, and says of which table; the workspace's own row, with what little is
-- left, comes last. No row when it is gone. A connection has to be disconnected, not erased: one that is left is an error.
CREATE FUNCTION hub_erase_workspace(wanted uuid, at_most integer)
RETURNS TABLE (erased_table text, erased integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.workspace w WHERE w.id = wanted AND w.deleting_at IS NOT NULL) THEN
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM public.connection c WHERE c.workspace_id = wanted) THEN
    RAISE EXCEPTION 'connections of this workspace are not disconnected yet' USING ERRCODE = '55000';
  END IF;
  erased_table := 'vfs_content';
  DELETE FROM public.vfs_content t WHERE t.workspace_id = wanted
    AND t.node_id = ANY (ARRAY(SELECT s.node_id FROM public.vfs_content s WHERE s.workspace_id = wanted LIMIT at_most));
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased > 0 THEN RETURN NEXT; RETURN; END IF;
  erased_table := 'vfs_node';
  DELETE FROM public.vfs_node t WHERE t.workspace_id = wanted
    AND t.path = ANY (ARRAY(SELECT s.path FROM public.vfs_node s WHERE s.workspace_id = wanted LIMIT at_most));
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased > 0 THEN RETURN NEXT; RETURN; END IF;
  erased_table := 'api_call';
  DELETE FROM public.api_call t WHERE t.id = ANY (ARRAY(SELECT s.id FROM public.api_call s WHERE s.workspace_id = wanted LIMIT at_most));
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased > 0 THEN RETURN NEXT; RETURN; END IF;
  erased_table := 'audit_event';
  DELETE FROM public.audit_event t WHERE t.id = ANY (ARRAY(SELECT s.id FROM public.audit_event s WHERE s.workspace_id = wanted LIMIT at_most));
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased > 0 THEN RETURN NEXT; RETURN; END IF;
  erased_table := 'vfs_plan';
  DELETE FROM public.vfs_plan t WHERE t.id = ANY (ARRAY(SELECT s.id FROM public.vfs_plan s WHERE s.workspace_id = wanted LIMIT at_most));
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased > 0 THEN RETURN NEXT; RETURN; END IF;
  erased_table := 'oauth_flow';
  DELETE FROM public.oauth_flow t WHERE t.id = ANY (ARRAY(SELECT s.id FROM public.oauth_flow s WHERE s.workspace_id = wanted LIMIT at_most));
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased > 0 THEN RETURN NEXT; RETURN; END IF;
  erased_table := 'vfs_idempotency';
  DELETE FROM public.vfs_idempotency t WHERE t.workspace_id = wanted
    AND t.key = ANY (ARRAY(SELECT s.key FROM public.vfs_idempotency s WHERE s.workspace_id = wanted LIMIT at_most));
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased > 0 THEN RETURN NEXT; RETURN; END IF;
  erased_table := 'vfs_alias';
  DELETE FROM public.vfs_alias t WHERE t.workspace_id = wanted
    AND t.name = ANY (ARRAY(SELECT s.name FROM public.vfs_alias s WHERE s.workspace_id = wanted LIMIT at_most));
  GET DIAGNOSTICS erased = ROW_COUNT;
  IF erased > 0 THEN RETURN NEXT; RETURN; END IF;
  -- Members, invitations, keys, and the tables of later versions go with it, by foreign key.
  erased_table := 'workspace';
  DELETE FROM public.workspace w WHERE w.id = wanted;
  GET DIAGNOSTICS erased = ROW_COUNT;
  RETURN NEXT;
END
$$;

-- Connections whose disconnect was begun and that nobody works on.
CREATE FUNCTION hub_list_endings(at_most integer)
RETURNS TABLE (workspace_id uuid, connection_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT c.workspace_id, c.id FROM public.connection c
  WHERE c.status = 'disconnecting' AND (c.ending_until IS NULL OR c.ending_until <= clock_timestamp())
  ORDER BY c.ending_until NULLS FIRST LIMIT at_most
$$;

-- Private connections of people who are no members any more: nobody could see them or take them back.
CREATE FUNCTION hub_list_orphaned_connections(at_most integer)
RETURNS TABLE (workspace_id uuid, connection_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT c.workspace_id, c.id FROM public.connection c
  WHERE c.visibility = 'private' AND c.status <> 'disconnecting'
    AND NOT EXISTS (SELECT FROM public.member m WHERE m.workspace_id = c.workspace_id AND m.user_id = c.owner_id)
  LIMIT at_most
$$;

DO $$
DECLARE
  function_name text;
BEGIN
  FOREACH function_name IN ARRAY ARRAY['hub_begin_workspace_deletion(uuid, uuid)', 'hub_erase_workspace(uuid, integer)',
    'hub_list_endings(integer)', 'hub_list_orphaned_connections(integer)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION public.%s FROM PUBLIC', function_name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION public.%s TO hub_system', function_name);
  END LOOP;
END $$;

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM hub_definer;
