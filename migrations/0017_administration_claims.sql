-- A worker takes a job with one statement and begins at once; that its next step has begun is written with what it has to say first.
-- Until then the job says that the claim is fresh: a worker that takes the job over from a dead one then knows that the step, whatever its
-- row says, may have begun.
alter table jobs add column fresh_claim boolean not null default false;

-- The system's door is the role alone.
drop function open_system();
