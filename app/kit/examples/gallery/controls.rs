//! Buttons, fields, choices.

use app_kit::form::FormState;
use app_kit::prelude::*;
use model::error::{ApiError, FieldError};

#[component]
pub(super) fn Buttons() -> impl IntoView {
    view! {
        <div class="flex flex-wrap items-center gap-2">
            <Button kind=Kind::Primary icon=Symbol::Plus>"Create CloudPod"</Button>
            <Button icon=Symbol::Refresh>"Restart"</Button>
            <Button kind=Kind::Quiet>"Add filter"</Button>
            <Button kind=Kind::DangerOutline>"Cancel job"</Button>
            <Button kind=Kind::Danger>"Delete CloudPod"</Button>
        </div>
        <div class="flex flex-wrap items-center gap-2">
            <Button kind=Kind::Primary busy=true icon=Symbol::Plus>"Create CloudPod"</Button>
            <Button busy=true>"Restart"</Button>
            <Button disabled=true>"Restart"</Button>
            <Button kind=Kind::Primary disabled=true>"Delete"</Button>
        </div>
        <div class="flex flex-wrap items-center gap-2">
            <Button size=Size::Small>"Small"</Button>
            <Button>"Normal"</Button>
            <Button size=Size::Large kind=Kind::Primary icon=Symbol::Lock>"Pay €290.40"</Button>
            <LinkButton href="#" external=true>"Open site"</LinkButton>
            <IconButton symbol=Symbol::Copy label="Copy"/>
        </div>
    }
}

#[component]
pub(super) fn Fields() -> impl IntoView {
    view! {
        <div class="grid grid-cols-2 phone:grid-cols-1 gap-4">
            <Input name="name" label="Name" value="lumen-shop" help="Lowercase letters, numbers, and hyphens."/>
            <Input name="domain" label="Domain" placeholder="northpier.example"/>
            <Input name="vat" label="VAT number" optional=true placeholder="NL000000000B00"/>
            <Input name="disk" label="Disk" kind="number" value="60" suffix="GB"/>
            <Select name="install" label="Install" options=vec![("wordpress".to_owned(), "WordPress".to_owned()), ("php".to_owned(), "PHP".to_owned())]/>
            <Input name="off" label="Server" value="ams-web-03" disabled=true/>
        </div>
        <Refused/>
        <Copyable text="curl -fsS https://panel.example/enroll/7f3k2 | sh" label="Copy the command"/>
    }
}

/// Fields after a refused send.
#[component]
fn Refused() -> impl IntoView {
    let field = |field: &str, message: &str| FieldError { field: field.to_owned(), message: message.to_owned() };
    let error = ApiError::invalid(vec![
        field("site", "Needs an ending, such as northpier.example."),
        field("email", "Needs an @, such as office@northpier.example."),
    ]);
    provide_context(FormState { error: Signal::stored(Some(error)), pending: Signal::stored(false) });
    view! {
        <div class="grid grid-cols-2 phone:grid-cols-1 gap-4">
            <Input name="input[site]" label="Domain" value="northpier" help="You own it elsewhere and keep it there."/>
            <Input name="input[email]" label="Email" kind="email" value="office"/>
        </div>
        <Textarea name="note" label="Note to staff" optional=true rows=2/>
    }
}

#[component]
pub(super) fn Choices() -> impl IntoView {
    let plan = RwSignal::new("m".to_owned());
    let addons = RwSignal::new(vec!["backups".to_owned()]);
    let cycle = RwSignal::new("yearly".to_owned());
    let card = |value: &str, title: &str, aside: &str, lines: &[&str]| Choice {
        aside: aside.to_owned(),
        text: "a year".to_owned(),
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        ..Choice::new(value, title)
    };
    let plans = vec![
        card("s", "S", "€90.00", &["1 CPU", "2 GB memory", "20 GB disk"]),
        card("m", "M", "€190.00", &["2 CPU", "4 GB memory", "60 GB disk"]),
        Choice { closed: Some("No server has enough free capacity.".to_owned()), ..card("l", "L", "€390.00", &["4 CPU"]) },
    ];
    let extra = vec![
        Choice { aside: "€30.00".to_owned(), text: "Daily, kept 30 days".to_owned(), ..Choice::new("backups", "Backups") },
        Choice { aside: "€20.00".to_owned(), text: "10 mailboxes on your domain".to_owned(), ..Choice::new("mail", "Mail") },
    ];
    view! {
        <Segmented name="cycle" label="Billing cycle" options=vec![("monthly".to_owned(), "Monthly".to_owned()), ("yearly".to_owned(), "Yearly, 2 months free".to_owned())] bind=cycle/>
        <RadioCards name="plan" label="Plan" options=plans bind=plan columns=3/>
        <CheckCards name="addons[]" label="Add-ons" options=extra bind=addons/>
        <Checkbox name="keep" label="Keep data for 7 days" help="Does not count against your limits." checked=true/>
    }
}

#[component]
pub(super) fn Further() -> impl IntoView {
    let customer = |value: &str, word: &str, note: &str| (value.to_owned(), word.to_owned(), note.to_owned());
    let customers = vec![
        customer("1", "Lumen & Oak", "3 CloudPods"),
        customer("2", "Northpier Books", "1 CloudPod"),
        customer("3", "Ember Tools", "2 CloudPods"),
    ];
    view! {
        <div class="grid grid-cols-2 phone:grid-cols-1 gap-4">
            <Input name="from" label="From" kind="date" value="2026-11-17" help="UTC."/>
            <Input name="credit" label="Credit" kind="money" suffix=model::money::Currency::Eur.to_string() value="9.00" help="Excl. VAT."/>
            <SearchSelect name="closed" label="Customer" options=customers.clone() value="2" help="Type a name."/>
            <SearchSelect name="open" label="Customer, open" options=customers value="1" shown=true/>
        </div>
        <div class="pt-28"><Secret text="mp_live_7f3k2x9q41mzt8" label="API key"/></div>
        <Secret text="mp_live_7f3k2x9q41mzt8" label="API key, shown" shown=true/>
    }
}
