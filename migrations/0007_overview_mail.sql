-- Mail that mPanel sends, written in the transaction that causes it.

create table outgoing_mail (
  id              uuid primary key,
  tenant_id       uuid references tenants (id),
  template        text not null,
  recipient       text not null check (length(recipient) <= 254),
  subject         text not null check (length(subject) <= 400 and subject !~ '[\r\n]'),
  body_text       text not null,
  body_html       text not null,
  status          text not null default 'QUEUED' check (status in ('QUEUED', 'SENT', 'KEPT', 'FAILED')),
  attempts        integer not null default 0 check (attempts >= 0),
  next_attempt_at timestamptz not null default now(),
  last_error      text,
  created_at      timestamptz not null default now(),
  sent_at         timestamptz,
  unique (tenant_id, id)
);
create index outgoing_mail_due on outgoing_mail (next_attempt_at) where status = 'QUEUED';

-- A worker that waits for mail need not poll.
create function notify_outgoing_mail() returns trigger
language plpgsql as $$
begin
  perform pg_notify('outgoing_mail', new.id::text);
  return null;
end $$;
create trigger notify_outgoing_mail after insert on outgoing_mail for each row execute function notify_outgoing_mail();

select protect_tenant_table('outgoing_mail');
create policy public on outgoing_mail for insert to mpanel_public with check (tenant_id is null and status = 'QUEUED');

-- Mail holds links that sign somebody in: tenants and visitors may send it and not read it back.
grant insert on outgoing_mail to mpanel_tenant, mpanel_public;
grant select, insert, update on outgoing_mail to mpanel_platform;
