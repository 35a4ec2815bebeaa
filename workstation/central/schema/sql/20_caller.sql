-- Who is asking, and whether this central may answer. Identity is session_user, never a setting.

create or replace function workstation.caller() returns workstation.agent
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare me workstation.agent;
begin
    select * into me from workstation.agent a where a.login = session_user and a.is_active;
    if not found then
        raise exception 'no active agent %', session_user using errcode = '28000';
    end if;
    return me;
end $$;

-- The agent's scopes, and 0, which is everyone's.
create or replace function workstation.scopes_of(me workstation.agent) returns bigint[]
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select array_agg(s::bigint) || 0::bigint from jsonb_array_elements_text(me.scopes) s
$$;

create or replace function workstation.sees(me workstation.agent, scope bigint) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select scope = 0 or me.scopes @> to_jsonb(scope)
$$;

create or replace function workstation.only_seen(me workstation.agent, scope bigint) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
    if not workstation.sees(me, scope) or scope is null then
        raise exception 'scope % is not yours', scope using errcode = '42501';
    end if;
end $$;

create or replace function workstation.identity_of_database() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select (select system_identifier::text from pg_control_system()) || '/' || d.oid
    from pg_database d where d.datname = current_database()
$$;

-- What a cursor belongs to: the cluster, its timeline, and the epoch that every restore makes anew.
create or replace function workstation.epoch() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select (select system_identifier::text from pg_control_system()) || '/'
        || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/'
        || (select value from workstation.meta where key = 'epoch')
$$;

create or replace function workstation.is_released() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce((select value from workstation.meta where key = 'restored_check')
        = workstation.identity_of_database(), false)
$$;

create or replace function workstation.same_central(epoch text) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not workstation.is_released() then
        raise exception 'restored, and not yet released by admin restored' using errcode = 'WS002';
    end if;
    if epoch is distinct from workstation.epoch() then
        raise exception 'another central than at hello' using errcode = 'WS001';
    end if;
end $$;

create or replace function workstation.known_entity(entity text) returns workstation.entity
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare e workstation.entity;
begin
    select * into e from workstation.entity k where k.name = entity;
    if not found then
        raise exception 'no entity %', entity using errcode = '22023';
    end if;
    return e;
end $$;
