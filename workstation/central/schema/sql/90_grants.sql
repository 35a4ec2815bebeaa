-- Agents may call the functions of schema api and nothing else. The functions belong to a role that cannot log in and
-- owns nothing; tables belong to whoever ran `admin init`.

do $$
declare f record; d record;
begin
    for f in select p.oid::regprocedure as name, n.nspname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('api', 'workstation') loop
        execute format('revoke all on function %s from public', f.name);
        execute format('alter function %s owner to workstation_api', f.name);
        if f.nspname = 'api' then
            execute format('grant execute on function %s to workstation_agent', f.name);
        end if;
    end loop;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to workstation_agent, workstation_external', current_database());
    for d in select datname from pg_database where datname <> current_database() and datallowconn
        and has_database_privilege('workstation_agent', datname, 'connect') loop
        execute format('revoke connect on database %I from public', d.datname);
    end loop;
    for f in select p.oid::regprocedure as name from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace
        and (p.proname ~ '^(pg_)?(try_)?advisory_' or p.proname ~ '^pg_(try_)?advisory_' or p.proname ~ '^(lo_|lo(read|write)$)'
            or p.proname in ('pg_current_xact_id', 'txid_current', 'pg_logical_emit_message', 'pg_notify')) loop
        execute format('revoke execute on function %s from public', f.name);
    end loop;
    grant execute on function pg_catalog.pg_current_xact_id() to workstation_api;
end $$;

revoke all on schema public from public;
revoke all on schema workstation, api from public;
revoke all on all tables in schema workstation from public;
grant usage on schema api to workstation_agent;
grant usage on schema workstation to workstation_api, workstation_external;
grant select, insert, update, delete on all tables in schema workstation to workstation_api;
grant usage on all sequences in schema workstation to workstation_api;
grant pg_read_all_stats, pg_signal_backend to workstation_api;

-- Billing and CRM imports write these with plain SQL; their changes are captured like everyone's.
grant select, insert, update on workstation.customer, workstation.contact_point, workstation.contact, workstation.note,
    workstation.callback to workstation_external;
grant select on workstation.agent, workstation.team, workstation.scope, workstation.disposition to workstation_external;
