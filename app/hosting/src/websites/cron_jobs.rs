//! Scheduled jobs of a site: when they run, what their last runs came to, and the form for another one.

use super::{
    pages::{can_change, to_job},
    parts::may_write,
    server_fns::{DeleteWebsiteCronJob, RunWebsiteCronJob, SaveWebsiteCronJob, list_own_website_cron_jobs, list_website_cron_jobs},
};
use app_kit::prelude::*;
use model::hosting::{
    cloudpods::Stack as SiteStack,
    cron_jobs::{CronJob, CronJobInput, CronJobView, CronRun, DEFAULT_CRON_MINUTES, MAX_CRON_MINUTES},
    websites::WebsiteView,
};
use model::{ids::WebsiteId, live::LiveObject};

/// Schedules that can be chosen, with their words.
const PRESETS: [(&str, &str); 4] = [
    ("*/15 * * * *", "Every 15 minutes"),
    ("0 * * * *", "Hourly"),
    ("0 3 * * *", "Daily at 03:00 UTC"),
    ("0 3 * * 0", "Weekly, Sunday at 03:00 UTC"),
];
/// The choice that shows a field instead.
const CUSTOM: &str = "custom";

/// The job that the form is for, and how often it was opened.
type Opened = Live<(u32, Option<CronJob>)>;

fn open(form: Opened, job: Option<CronJob>) {
    form.set((form.now().0 + 1, job));
}

/// The jobs; where the viewer may, with what changes them. Static sites have no programs that could run any.
#[component]
pub(super) fn CronJobs(site: Live<WebsiteView>, scope: Scope) -> impl IntoView {
    let (now, may) = (site.now(), may_write(&scope));
    if now.site.stack == SiteStack::Static {
        return ().into_any();
    }
    let (id, pod) = (now.site.id, LiveObject::CloudPod(now.cloud_pod));
    let of = scope.clone();
    let data = fetch(
        || (),
        move |()| {
            let of = of.clone();
            async move {
                match of {
                    Scope::Platform => list_website_cron_jobs(id).await,
                    Scope::Tenant(slug) => list_own_website_cron_jobs(slug, id).await,
                }
            }
        },
    );
    let form: Opened = Live::new((0, None));
    let can = move |view: &WebsiteView| may && can_change(view) && !view.site.is_stopped;
    let (listed, below) = (scope.clone(), scope);
    view! {
        <Panel title="Scheduled jobs" note="Times are UTC. A job starts within half a minute of its time, and never runs twice at the same time." flush=true>
            <Load data keep=true shape=Shape::Lines view={move |jobs: Live<Vec<CronJobView>>| {
                // The page's own data is another: what a job came to changes nothing of it.
                watch_object(pod);
                let scope = listed.clone();
                site.show(can, move |can| view! { <List jobs id can scope=scope.clone() form/> })
            }}/>
        </Panel>
        {site.show(can, move |can| {
            let scope = below.clone();
            if can { form.show(Clone::clone, move |(_, job)| view! { <CronJobForm id job scope=scope.clone() form/> }) } else { ().into_any() }
        })}
    }
    .into_any()
}

#[component]
fn List(jobs: Live<Vec<CronJobView>>, id: WebsiteId, can: bool, scope: Scope, form: Opened) -> impl IntoView {
    type C = Col<CronJobView>;
    let columns = vec![
        C::title("Name", |one| (one.job.name.clone(), one.job.command.lines().next().unwrap_or_default().to_owned())),
        C::state("Last result", |one| state(one.last_run.as_ref())),
        C::text("Schedule", |one| schedule_word(&one.job.schedule)),
        C::of(
            Column::Text,
            "Next runs",
            |one| (one.next_runs.clone(), one.job.is_on),
            |(runs, is_on)| {
                if !is_on {
                    return view! { "Off" }.into_any();
                }
                runs.into_iter().map(|at| view! { <span class="block"><At at/></span> }).collect_view().into_any()
            },
        ),
        C::of(
            Column::Text,
            "Last run",
            |one| one.last_run.clone(),
            |run| match run {
                None => view! { "Never" }.into_any(),
                Some(run) => view! { <LastRun run/> }.into_any(),
            },
        ),
        C::actions(|one| one.job.clone(), move |job| view! { <CronJobActions job id scope=scope.clone() form/> }).when(can),
    ];
    view! { <Rows label="Scheduled jobs" columns key=|one: &CronJobView| one.job.key.clone() rows=jobs empty="No scheduled jobs yet."/> }
}

fn state(run: Option<&CronRun>) -> (State, &'static str) {
    match run {
        None => (State::Waiting, "Never run"),
        Some(run) if run.timed_out => (State::Failing, "Timed out"),
        Some(run) if run.is_good() => (State::Ok, "Completed"),
        Some(_) => (State::Failing, "Failed"),
    }
}

fn schedule_word(schedule: &str) -> String {
    PRESETS.iter().find(|(preset, _)| *preset == schedule).map_or_else(|| schedule.to_owned(), |(_, word)| (*word).to_owned())
}

/// When it began, how long it took, how it ended and what it wrote last.
#[component]
fn LastRun(run: CronRun) -> impl IntoView {
    let seconds = (run.ended_at - run.started_at).num_seconds();
    let words = format!("{seconds} s, exit code {}", run.exit_code);
    let output = (!run.output.is_empty()).then(|| {
        view! {
            <details class="text-12">
                <summary>"Output"</summary>
                <pre class="max-h-48 overflow-auto whitespace-pre-wrap wrap-anywhere font-mono text-12" tabindex="0" role="region" aria-label="Last output">{run.output}</pre>
            </details>
        }
    });
    view! {
        <span class="block"><Ago at=run.started_at/></span>
        <span class="block text-12 text-3">{words}</span>
        {output}
    }
    .into_any()
}

fn typed(job: &CronJob) -> CronJobInput {
    let CronJob { name, schedule, command, limit_minutes, is_on, .. } = job.clone();
    CronJobInput { name, schedule, command, limit_minutes: limit_minutes.to_string(), is_on }
}

#[component]
fn CronJobActions(job: CronJob, id: WebsiteId, scope: Scope, form: Opened) -> impl IntoView {
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let done = to_job(&scope);
    let switch = SaveWebsiteCronJob { slug: slug.clone(), id, key: Some(job.key.clone()), input: CronJobInput { is_on: !job.is_on, ..typed(&job) } };
    let run = RunWebsiteCronJob { slug: slug.clone(), id, key: job.key.clone() };
    let delete = DeleteWebsiteCronJob { slug, id, key: job.key.clone() };
    let ask = Ask::new(format!("Delete {}?", job.name), "The job is removed with its last result. A run in progress is stopped.");
    let started = ("Job started", "The result is shown here once it has ended.".to_owned());
    let (is_on, edited) = (job.is_on, job);
    view! {
        <span class="inline-flex flex-wrap gap-2">
            {is_on.then(|| view! { <ActionButton call=run label="Run now" size=Size::Small toast=started/> })}
            <Button size=Size::Small on:click=move |_| open(form, Some(edited.clone()))>"Edit"</Button>
            <ActionButton call=switch label={if is_on { "Turn off" } else { "Turn on" }} size=Size::Small on_done=done/>
            <ActionButton call=delete label="Delete" size=Size::Small ask=ask.label("Delete job") on_done=done/>
        </span>
    }
    .into_any()
}

/// The form for another job, or for changes of one.
#[component]
fn CronJobForm(id: WebsiteId, job: Option<CronJob>, scope: Scope, form: Opened) -> impl IntoView {
    let Scope::Tenant(slug) = scope.clone() else { return ().into_any() };
    let is_new = job.is_none();
    let key = job.as_ref().map(|job| job.key.clone());
    let begin = job.as_ref().map_or_else(
        || CronJobInput {
            schedule: PRESETS[0].0.to_owned(),
            limit_minutes: DEFAULT_CRON_MINUTES.to_string(),
            is_on: true,
            ..CronJobInput::default()
        },
        typed,
    );
    let (title, word) = match &job {
        None => ("Add scheduled job".to_owned(), "Add job"),
        Some(job) => (format!("Edit {}", job.name), "Save job"),
    };
    let is_preset = PRESETS.iter().any(|(preset, _)| *preset == begin.schedule);
    let (chosen, own) = (RwSignal::new(if is_preset { begin.schedule.clone() } else { CUSTOM.to_owned() }), begin.schedule.clone());
    let cron = move || {
        let chosen = chosen.get();
        let bind = RwSignal::new(if chosen == CUSTOM { own.clone() } else { chosen });
        let help = "Minute, hour, day of the month, month, day of the week, in UTC.";
        view! { <Input name="input[schedule]" label="Cron expression" autocomplete="off" bind placeholder="30 2 * * 1-5" help/> }
    };
    let options: Vec<_> = PRESETS.iter().chain(&[(CUSTOM, "Custom")]).map(|(value, word)| ((*value).to_owned(), (*word).to_owned())).collect();
    let limit = format!("1 to {MAX_CRON_MINUTES}. A run that takes longer is stopped.");
    let on_or_off = vec![("true".to_owned(), "On".to_owned()), ("false".to_owned(), "Off".to_owned())];
    let call = SaveWebsiteCronJob { slug, id, key, input: begin };
    view! {
        <Panel title>
            <Form action=call on_done=to_job(&scope)>
                <Grid columns=Columns::Pairs>
                    <Input name="input[name]" label="Name" autocomplete="off" placeholder="Clear cache"/>
                    <Select name="preset" label="Schedule" options bind=chosen/>
                    {cron}
                    <Input name="input[limit_minutes]" label="Time limit" kind="number" suffix="minutes" autocomplete="off" help=limit/>
                    <Select name="input[is_on]" label="Status" options=on_or_off/>
                </Grid>
                <Textarea name="input[command]" label="Command" rows=3 help="Run by /bin/sh in the site's folder, or in that of its live release, as the site's user and with its environment variables."/>
                <div class="flex flex-wrap gap-2">
                    <Submit>{word}</Submit>
                    {(!is_new).then(|| view! { <Button on:click=move |_| open(form, None)>"Cancel"</Button> })}
                </div>
            </Form>
        </Panel>
    }
    .into_any()
}
