-- Live verbs: presence, the figures of the monitoring tab, and the reaper. Nothing of this passes through the feed.

create or replace function workstation.is_presence(state text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select state in ('available', 'on_contact', 'wrap_up', 'break', 'meal', 'training', 'meeting', 'away', 'offline')
$$;

-- What holds back the horizon of pull: every transaction that has written and does not end, whoever's. Other databases of
-- the cluster count too: one of their transactions holds the horizon here.
create or replace function workstation.delaying(older_than interval)
returns table (pid integer, login name, seconds double precision, by_agent boolean, is_done boolean)
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select a.pid, a.usename, extract(epoch from clock_timestamp() - a.xact_start)::float,
        exists (select from pg_auth_members m join pg_roles r on r.oid = m.roleid
            where m.member = a.usesysid and r.rolname = 'workstation_agent'),
        a.wait_event is not distinct from 'SyncRep'
    from pg_stat_activity a where a.pid <> pg_backend_pid() and a.backend_xid is not null
        and a.xact_start < clock_timestamp() - older_than
$$;

-- Of these, what may be ended. Agents write through functions of one statement; only a hand-made session is still open
-- after half a minute. Who waits for a standby to confirm a commit is spared: the commit is done, and ending it would hide
-- that it has no second copy.
create or replace function workstation.holding(older_than interval)
returns table (pid integer, login name, seconds double precision)
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select d.pid, d.login, d.seconds from workstation.delaying(older_than) d where d.by_agent and not d.is_done
$$;

create or replace function workstation.reap() returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare h record; ended integer := 0;
begin
    for h in select * from workstation.holding('30 s') loop
        if pg_terminate_backend(h.pid) then
            ended := ended + 1;
            insert into workstation.audit (actor, verb, detail) values (session_user, 'reap',
                jsonb_build_object('login', h.login, 'seconds', round(h.seconds)));
        end if;
    end loop;
    return ended;
end $$;

-- Ends agents' sessions that hold back the feed for over 30 s; any desk may ask. Gives how many were ended.
create or replace function api.reap() returns integer
language sql security definer set search_path = pg_catalog, pg_temp as $$
    select workstation.reap() from workstation.caller()
$$;

-- A desk's instant by central's clock: moved by how far its clock is off now, never in the future. What lies over a
-- year back, or cannot be reckoned with, is an unset clock: now.
create or replace function workstation.by_our_clock(said timestamptz, their_now timestamptz) returns timestamptz
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select case when isfinite(said) and isfinite(their_now)
        and said between their_now - interval '366 days' and their_now
        then clock_timestamp() - (their_now - said) else clock_timestamp() end
$$;

-- What a desk spent since its last beat, each interval once whatever is repeated; 'working_offline' lies over the states.
create or replace function workstation.keep_intervals(me workstation.agent, p_device uuid, their_now timestamptz, given jsonb)
returns void
language sql set search_path = pg_catalog, pg_temp as $$
    insert into workstation.presence_interval (id, agent_id, device, state, text, customer_id, began_at, ended_at)
    select g.id, me.id, p_device, g.state, left(g.text, 100), g.customer_id, least(b.began, e.ended), e.ended
    from jsonb_to_recordset(given) g(id uuid, state text, text text, customer_id uuid, began_at timestamptz, ended_at timestamptz)
    cross join lateral (select workstation.by_our_clock(g.began_at, their_now) as began) b
    cross join lateral (select workstation.by_our_clock(g.ended_at, their_now) as ended) e
    where g.id is not null and (workstation.is_presence(g.state) or g.state = 'working_offline')
        and g.began_at is not null and g.ended_at is not null
    limit 500
    on conflict (id) do nothing
$$;

-- Presence of the caller's desk. p_now is the desk's clock, by which all its instants are understood; p_intervals what it
-- spent in which state since the last beat. Gives central's time. Every half minute a desk's beat also reaps; no lock
-- stands before that, which a session to be reaped could hold.
create or replace function api.beat(p_device uuid, p_now timestamptz, p_state text, p_text text, p_since timestamptz,
    p_host text, p_program text, p_customer uuid, p_waiting integer, p_undecided integer, p_intervals jsonb)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' set lock_timeout = '3s' as $$
declare
    me workstation.agent := workstation.caller();
    given jsonb := coalesce(p_intervals, '[]');
    was workstation.presence;
    outage record;
begin
    if not coalesce(workstation.is_presence(p_state), false) or jsonb_typeof(given) <> 'array'
        or jsonb_array_length(given) > 500 then
        raise exception 'no presence' using errcode = '22023';
    end if;
    perform from workstation.device d where d.device = p_device and d.agent_id = me.id;
    if not found then
        raise exception 'no hello from this desk' using errcode = 'WS001';
    end if;
    perform workstation.keep_intervals(me, p_device, p_now, given);
    select max(g.began_at) as began, max(g.ended_at) as ended into outage
    from jsonb_to_recordset(given) g(state text, began_at timestamptz, ended_at timestamptz) where g.state = 'working_offline';
    insert into workstation.presence as p (device, agent_id, state, text, since, host, program, customer_id, waiting, undecided,
        away_from, away_until, seen_at)
    values (p_device, me.id, p_state, nullif(left(p_text, 100), ''), workstation.by_our_clock(p_since, p_now), left(p_host, 200),
        left(p_program, 60), p_customer, greatest(p_waiting, 0), greatest(p_undecided, 0),
        case when outage.began is not null then workstation.by_our_clock(outage.began, p_now) end,
        case when outage.began is not null then workstation.by_our_clock(outage.ended, p_now) end, clock_timestamp())
    on conflict (device, agent_id) do update set state = excluded.state, text = excluded.text,
        since = case when p.state = excluded.state and abs(extract(epoch from p.since - excluded.since)) < 5 then p.since
            else excluded.since end, -- how long a beat travels must not make a timer jump
        host = excluded.host, program = excluded.program, customer_id = excluded.customer_id, waiting = excluded.waiting,
        undecided = excluded.undecided, away_from = coalesce(excluded.away_from, p.away_from),
        away_until = coalesce(excluded.away_until, p.away_until), seen_at = excluded.seen_at
    returning * into was;
    if was.reaped_at < clock_timestamp() - interval '30 s' then
        update workstation.presence set reaped_at = clock_timestamp() where device = p_device and agent_id = me.id;
        perform workstation.reap();
    end if;
    return jsonb_build_object('server_time', clock_timestamp());
end $$;

-- The instant of a callback: its wall clock in its zone by the zone's rules of today; of an hour that clocks put back show
-- twice the first. What cannot be read is due at its making. (As the desks reckon it.)
create or replace function workstation.due_at(wall text, zone text, made_at timestamptz) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare said timestamp; there timestamptz;
begin
    if wall !~ '^\d{4}-\d\d-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d{1,6})?)?)?([+-]\d\d(:?\d\d)?)?)?$' then
        return made_at;
    end if;
    wall := regexp_replace(wall, '^(.{10}[T ]\d\d)(?!:|\d)', '\1:00');
    if wall ~ ':.*[+-]\d\d(:?\d\d)?$' then
        return wall::timestamptz;
    end if;
    if zone !~ '^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$' then
        return made_at;
    end if;
    said := wall::timestamp;
    there := said at time zone zone;
    return case when (there - interval '1 h') at time zone zone = said then there - interval '1 h' else there end;
exception when data_exception then
    return made_at;
end $$;

-- Open callbacks of one team: by their owner's team, unowned ones by the team they were given to; those of nobody and no
-- team are everyone's.
create or replace function workstation.callbacks_of_team(me workstation.agent)
returns table (id uuid, customer_id uuid, owner_id uuid, due_at timestamptz, until timestamptz, reason text, zone text)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select c.id, c.customer_id, c.owner_id, w.due, w.due + make_interval(mins => least(greatest(c.window_minutes, 0), 100000)::integer),
        c.reason, c.zone
    from workstation.callback c left join workstation.agent o on o.id = c.owner_id
    cross join lateral (select workstation.due_at(c.wall_start, c.zone, c.made_at) as due) w
    -- No zone's clock is over a day from ours: what begins in three days or later need not be reckoned.
    where c.state = 'open' and (c.wall_start < to_char(clock_timestamp() + interval '3 days', 'YYYY-MM-DD')
        or c.wall_start !~ '^\d{4}-\d\d-\d\d') and c.scope_id = any(workstation.scopes_of(me))
        and coalesce(case when c.owner_id is null then c.team_id else coalesce(o.team_id, c.team_id) end, me.team_id) = me.team_id
$$;

-- Agents of the team, as their desks last said. An agent with several desks is where the last beat came from; what waits is
-- added up over all, each by its latest word (a beat, or a sync without a window).
create or replace function workstation.agents_of_team(me workstation.agent, day_began timestamptz) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'login', a.login, 'name', a.name, 'role', a.role,
        'state', p.state, 'text', p.text, 'since', p.since, 'seen_at', p.seen_at, 'host', p.host, 'program', p.program,
        'customer_id', c.id, 'customer', c.name, 'away_from', p.away_from, 'away_until', p.away_until,
        'contacts_today', (select count(*) from workstation.contact t where t.author_id = a.id
            and t.scope_id = any(workstation.scopes_of(me)) and t.started_at >= day_began),
        'desks', coalesce(d.desks, '[]'), 'waiting', coalesce(d.waiting, 0), 'undecided', coalesce(d.undecided, 0))
        order by a.name, a.id), '[]')
    from workstation.agent a
    left join lateral (select * from workstation.presence x where x.agent_id = a.id order by x.seen_at desc limit 1) p on true
    left join workstation.customer c on c.id = p.customer_id and c.scope_id = any(workstation.scopes_of(me))
    left join lateral (
        select sum(w.waiting) as waiting, sum(w.undecided) as undecided, jsonb_agg(to_jsonb(w) order by w.seen_at desc) as desks
        from (select coalesce(x.host, k.host) as host, l.waiting, l.undecided, greatest(x.seen_at, k.seen_at) as seen_at
              from workstation.device k left join workstation.presence x on x.device = k.device and x.agent_id = k.agent_id
              cross join lateral (select case when k.seen_at <= x.seen_at then x.waiting else k.waiting end as waiting,
                  case when k.seen_at <= x.seen_at then x.undecided else k.refused end as undecided) l
              where k.agent_id = a.id and (l.waiting > 0 or l.undecided > 0)) w
    ) d on true
    where a.team_id = me.team_id and a.is_active
$$;

-- The monitoring tab of one team: its supervisor's alone (product.md 3.17). p_zone says where the day begins.
create or replace function api.monitoring(p_zone text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp set timezone = 'UTC' as $$
declare
    me workstation.agent := workstation.caller();
    moment timestamptz := clock_timestamp();
    day_began timestamptz;
begin
    if me.role <> 'supervisor' or me.team_id is null then
        raise exception 'figures are for the supervisor of a team' using errcode = 'WS003';
    end if;
    day_began := date_trunc('day', moment at time zone p_zone) at time zone p_zone;
    return jsonb_build_object('as_of', moment, 'day_began', day_began,
        'team', (select t.name from workstation.team t where t.id = me.team_id),
        'feed_delay', coalesce((select max(d.seconds) from workstation.delaying('5 s') d), 0),
        'feed_holder', (select case when not d.by_agent or d.is_done then d.login end from workstation.delaying('5 s') d
            order by d.seconds desc limit 1),
        'agents', workstation.agents_of_team(me, day_began))
        || (with owed as materialized (select * from workstation.callbacks_of_team(me) k where k.due_at <= moment + interval '1 h'),
            needing as (
                select w.*, o.name as owner, coalesce(n.name, '') as customer,
                    case when w.until < moment then 'overdue' when w.due_at <= moment then 'due' else 'soon' end as stands,
                    o.id is not null and not (o.is_active and exists (select from workstation.presence p where p.agent_id = o.id
                        and p.state <> 'offline' and p.seen_at > moment - interval '15 min')) as owner_absent
                from owed w left join workstation.agent o on o.id = w.owner_id
                left join workstation.customer n on n.id = w.customer_id)
            select jsonb_build_object('overdue', count(*) filter (where n.stands = 'overdue'),
                'due', count(*) filter (where n.stands = 'due'), 'unowned', count(*) filter (where n.owner_id is null),
                'callbacks', coalesce((select jsonb_agg(to_jsonb(s)) from (select * from needing s where s.stands = 'overdue'
                    or s.owner_id is null or (s.owner_absent and s.stands = 'due') order by s.due_at, s.id limit 500) s), '[]'))
            from needing n);
end $$;
