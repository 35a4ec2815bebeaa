-- The first word of every desk: who it is, what it may see, where it stands. Who installs a room full of PCs stays below
-- a hundred new desks a day; nothing else may fill the table of desks.
create index if not exists device_agent on workstation.device (agent_id, made_at);

create or replace function api.hello(p_device uuid, p_host text, p_program text, p_op_schema integer, p_state jsonb)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    me workstation.agent := workstation.caller();
    d workstation.device;
    mine text := current_setting('application_name');
begin
    -- A cut cable leaves our older sessions alive for hours; they would count against the connection limit.
    if mine like 'ws:%' then
        perform pg_terminate_backend(a.pid) from pg_stat_activity a
        where a.usename = session_user and a.application_name = mine and a.pid <> pg_backend_pid()
            and a.backend_start <= (select b.backend_start from pg_stat_activity b where b.pid = pg_backend_pid());
    end if;
    if not exists (select from workstation.device k where k.device = p_device and k.agent_id = me.id)
        and (select count(*) from workstation.device k
            where k.agent_id = me.id and k.made_at > now() - interval '1 day') >= 100 then
        raise exception 'more than 100 new desks of one agent within a day' using errcode = 'WS004';
    end if;
    insert into workstation.device as d (device, agent_id, desk_secret)
    values (p_device, me.id, sha256(convert_to(gen_random_uuid()::text || gen_random_uuid() || gen_random_uuid(), 'UTF8')))
    on conflict (device, agent_id) do nothing;
    update workstation.device x set host = left(p_host, 200), program = left(p_program, 60), op_schema = p_op_schema,
        waiting = coalesce((p_state ->> 'waiting')::integer, 0), refused = coalesce((p_state ->> 'refused')::integer, 0),
        clock_offset_ms = (p_state ->> 'clock_offset_ms')::bigint, seen_at = now()
    where x.device = p_device and x.agent_id = me.id returning * into d;
    return jsonb_build_object(
        'epoch', workstation.epoch(), 'released', workstation.is_released(), 'last_n', d.last_n,
        'scopes', to_jsonb(workstation.scopes_of(me)), 'desk_secret', encode(d.desk_secret, 'hex'),
        'agent', to_jsonb(me), 'server_time', clock_timestamp(),
        'schema', (select m.value from workstation.meta m where m.key = 'schema'),
        'min_program', (select m.value from workstation.meta m where m.key = 'min_program'),
        'min_op_schema', (select m.value::integer from workstation.meta m where m.key = 'min_op_schema'),
        'max_op_schema', (select m.value::integer from workstation.meta m where m.key = 'max_op_schema'),
        'feed_floor', (select m.value::bigint from workstation.meta m where m.key = 'feed_floor'),
        'horizon', pg_snapshot_xmin(pg_current_snapshot())::text);
end $$;

-- After a sync: what still waits on this desk, for supervisors and `admin status`.
create or replace function api.report(p_device uuid, p_waiting integer, p_refused integer) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
    update workstation.device d set waiting = p_waiting, refused = p_refused, seen_at = now()
    from workstation.caller() me where d.device = p_device and d.agent_id = me.id
$$;
