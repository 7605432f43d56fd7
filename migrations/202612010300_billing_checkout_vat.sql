-- Businesses that order: the name of the company, its VAT number, and what VIES said about it before the sum was shown.

alter table checkout_sessions
  add column company          text check (length(company) between 1 and 200),
  add column vat_number       text check (vat_number ~ '^[A-Z]{2}[A-Z0-9+*]{2,13}$'),
  add column vat_status       text check (vat_status in ('PENDING', 'CONFIRMED')), -- an order with a number that VIES does not know is refused
  add column vat_checked_at   timestamptz,
  add column vat_consultation text not null default '' check (length(vat_consultation) <= 60),
  add constraint checkout_sessions_vat_check
    check ((vat_number is null) = (vat_status is null) and (vat_number is null or company is not null)),
  add constraint checkout_sessions_vat_checked_check check ((vat_status is not distinct from 'CONFIRMED') = (vat_checked_at is not null)),
  add constraint checkout_sessions_reverse_charge_check check (tax_treatment <> 'REVERSE_CHARGE' or vat_status is not distinct from 'CONFIRMED');

-- An order has no postal address, and so has the profile that is made of it.
alter table billing_profiles
  drop constraint billing_profiles_address_check,
  add constraint billing_profiles_address_check check (length(address) <= 1000);

-- What VIES said about numbers of visitors, for a while, so that a form that asks for its sum again and again asks VIES once.
create table vat_answers (
  number       text primary key check (number ~ '^[A-Z]{2}[A-Z0-9+*]{2,13}$'),
  is_valid     boolean not null,
  consultation text not null check (length(consultation) <= 60),
  answered_at  timestamptz not null
);
create index vat_answers_at on vat_answers (answered_at);

-- Which numbers a peer has had VIES asked about, and how often within an hour.
create table vat_questions (
  peer   text not null check (length(peer) between 1 and 64),
  number text not null check (length(number) <= 20),
  times  integer not null default 1,
  at     timestamptz not null,
  primary key (peer, number)
);
create index vat_questions_at on vat_questions (at);
select protect_table('vat_answers'), protect_table('vat_questions');

create function vat_answer(p_number text, p_since timestamptz)
returns table (is_valid boolean, consultation text, answered_at timestamptz)
language sql stable security definer set search_path = public, pg_temp as $$
  select a.is_valid, a.consultation, a.answered_at from vat_answers a where a.number = p_number and a.answered_at > p_since
$$;

create function vat_answered(p_number text, p_is_valid boolean, p_consultation text, p_at timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
  delete from vat_answers where answered_at < p_at - interval '1 day';
  insert into vat_answers (number, is_valid, consultation, answered_at) values (p_number, p_is_valid, p_consultation, p_at)
  on conflict (number) do update set is_valid = excluded.is_valid, consultation = excluded.consultation, answered_at = excluded.answered_at;
$$;

-- Notes a question, and says how many this peer has asked since then, without this one. Nothing is noted, and the answer is null, where somebody
-- asked about the same number less than a minute ago: VIES has not answered yet, or not at all.
create function vat_asked(p_peer text, p_number text, p_since timestamptz, p_at timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  delete from vat_questions where at < p_at - interval '1 day';
  if exists (select from vat_questions where number = p_number and at > p_at - interval '1 minute') then
    return null;
  end if;
  insert into vat_questions as q (peer, number, at) values (p_peer, p_number, p_at)
  on conflict (peer, number) do update set times = case when q.at > p_since then q.times else 0 end + 1, at = excluded.at;
  return (select sum(times) - 1 from vat_questions where peer = p_peer and at > p_since);
end $$;

revoke execute on function vat_answer(text, timestamptz), vat_answered(text, boolean, text, timestamptz),
  vat_asked(text, text, timestamptz, timestamptz) from public;
grant execute on function vat_answer(text, timestamptz), vat_answered(text, boolean, text, timestamptz),
  vat_asked(text, text, timestamptz, timestamptz) to mpanel_public;
