//! Whole pages in their shells, with made-up data, to be compared with the drawings.

use crate::{
    data::PodRows,
    flows::{OrderSum, checkout_steps},
    live::{events, steps},
};
use app_kit::{
    prelude::*,
    shell::{Account, AdminShell, Brand, NavItem, NavSection, PublicShell, SignLayout, TenantShell},
};

fn account() -> Account {
    Account { name: "Ines Kolb".to_owned(), email: "ines@example.net".to_owned() }
}

fn brand() -> Brand {
    Brand {
        name: "Example Hosting".to_owned(),
        imprint: "Example Hosting Ltd, 1 Sample Quay, 1000 AA Exampletown. VAT no. XX000000000B00.".to_owned(),
    }
}

fn sections() -> Vec<NavSection> {
    let section = |word, short, symbol, items: Vec<NavItem>| NavSection { word, short, symbol, items };
    vec![
        section("Overview", "Overview", Symbol::Overview, vec![NavItem::new("Dashboard", "/admin")]),
        section(
            "Administration",
            "Admin",
            Symbol::People,
            vec![
                NavItem::new("Customers", "/admin/administration/tenants"),
                NavItem::new("Servers", "/admin/administration/servers"),
                NavItem { waits: Some((State::Failing, 2)), ..NavItem::new("Provisioning", "/admin/administration/provisioning") },
            ],
        ),
        section(
            "Hosting",
            "Hosting",
            Symbol::Layers,
            vec![NavItem { waits: Some((State::Failing, 2)), ..NavItem::new("CloudPods", "/admin/hosting/cloudpods") }],
        ),
        section(
            "Billing",
            "Billing",
            Symbol::Card,
            vec![NavItem::new("Subscriptions", "/admin/billing/subscriptions"), NavItem::new("Invoices", "/admin/billing/invoices")],
        ),
        section("Security", "Security", Symbol::Shield, vec![NavItem::new("Audit log", "/admin/security/audit")]),
    ]
}

/// The list of pods.
#[component]
pub fn AdminPods() -> impl IntoView {
    view! {
        <AdminShell sections=sections() account=account() menu=|| ()>
            <PageHead title="CloudPods" note=|| "461 CloudPods on 13 servers. Last checked 3 s to 10 min ago."
                actions=|| view! { <Button icon=Symbol::Download>"Export"</Button><Button kind=Kind::Primary icon=Symbol::Plus>"Create CloudPod"</Button> }/>
            <Tabs label="CloudPods by status" tabs=vec![Tab { count: Some(461), ..Tab::new("All", "#", true) }, Tab { count: Some(425), ..Tab::new("Running", "#", false) }, Tab { count: Some(2), ..Tab::new("Failing", "#", false) }]/>
            <Filters action="/admin/hosting/cloudpods" label="Filter CloudPods"><SearchBox label="Name, domain, customer or id"/></Filters>
            <Panel title="CloudPods" flush=true><PodRows/></Panel>
        </AdminShell>
    }
}

/// A running job.
#[component]
pub fn AdminJob() -> impl IntoView {
    view! {
        <AdminShell sections=sections() account=account() menu=|| () banner=|| view! { <Banner notice=Notice::Simulated><b>"This server is simulated."</b></Banner> }>
            <PageHead title="Create CloudPod northpier-shop" parents=vec![Crumb::new("Provisioning", "#")]
                state=|| view! { <Badge soft=true state=State::Working word="Running, step 6 of 8"/> }
                note=|| view! { <code>"CREATE_CLOUDPOD"</code> " for " <a href="#">"Northpier Books"</a> ", started by checkout at 14:31:41." }
                actions=|| view! { <Button kind=Kind::DangerOutline>"Cancel job"</Button> }/>
            <Stack>
                <Facts>
                    <Fact label="Running for">"26.8 s"</Fact>
                    <Fact label="Deadline">"14:46:41 " <span class="font-normal text-3 text-12">"in 14 min 33 s"</span></Fact>
                    <Fact label="Time in queue">"0.8 s"</Fact>
                    <Fact label="Server"><a href="#">"ams-web-03"</a></Fact>
                    <Fact label="Attempt">"1 of 3"</Fact>
                    <Fact label="Worker">"worker-4 " <span class="font-normal text-3 text-12">"beat 1 s ago"</span></Fact>
                </Facts>
                <Grid columns=Columns::Job>
                    <Stack>
                        <Panel title="Steps" note=steps_words(&steps())><Steps steps=steps()/></Panel>
                        <Panel title="Related"><KeyValues>
                            <KeyValue label="Payment">"€290.40, 14:31:39, " <a href="#">"INV-2026-04630"</a></KeyValue>
                            <KeyValue label="CloudPod"><a href="#">"northpier-shop"</a></KeyValue>
                        </KeyValues></Panel>
                    </Stack>
                    <LiveLog events=events() link=Some(Link::Up) status="Line 11 at 14:31:52.204. Step 6 of 8 running for 19 s."/>
                </Grid>
            </Stack>
        </AdminShell>
    }
}

/// The checkout.
#[component]
pub fn Checkout() -> impl IntoView {
    let plan = RwSignal::new("m".to_owned());
    let cycle = RwSignal::new("yearly".to_owned());
    let addons = RwSignal::new(vec!["backups".to_owned()]);
    let card = |value: &str, title: &str, aside: &str, lines: [&str; 3]| Choice {
        aside: aside.to_owned(),
        text: "a year".to_owned(),
        lines: lines.map(ToOwned::to_owned).to_vec(),
        ..Choice::new(value, title)
    };
    let plans = vec![
        card("s", "S", "€90.00", ["1 CPU", "2 GB memory", "20 GB disk"]),
        card("m", "M", "€190.00", ["2 CPU", "4 GB memory", "60 GB disk"]),
        card("l", "L", "€390.00", ["4 CPU", "8 GB memory", "160 GB disk"]),
    ];
    view! {
        <PublicShell brand=brand()>
            <Stepper label="Checkout steps" steps=checkout_steps() flow=Flow::At(0)/>
            <PublicHead title="Order a CloudPod" lead="You can change the plan later without moving the site."/>
            <Grid columns=Columns::Order>
                <div>
                    <Section title="Plan" aside=move || view! { <Segmented name="cycle" label="Billing cycle" options=vec![("monthly".to_owned(), "Monthly".to_owned()), ("yearly".to_owned(), "Yearly, 2 months free".to_owned())] bind=cycle/> }>
                        <RadioCards name="plan" label="Plan" options=plans bind=plan columns=3 hide_label=true/>
                    </Section>
                    <Section title="Site" note="We install it and get the certificate. It can move to another domain later.">
                        <div class="grid grid-cols-2 phone:grid-cols-1 gap-4">
                            <Input name="domain" label="Domain" value="northpier.example" help="You own it elsewhere and keep it there."/>
                            <Input name="title" label="Site title" value="Northpier Books"/>
                        </div>
                    </Section>
                    <Section title="Add-ons" note="Per year. Can be cancelled separately.">
                        <CheckCards name="addons[]" label="Add-ons" bind=addons options=vec![
                            Choice { aside: "€30.00".to_owned(), text: "Daily, kept 30 days, restored once a week to prove that they work".to_owned(), ..Choice::new("backups", "Backups") },
                            Choice { aside: "€20.00".to_owned(), text: "10 mailboxes on your domain, 10 GB each".to_owned(), ..Choice::new("mail", "Mail") },
                        ]/>
                    </Section>
                    <Section title="You" note="We'll send your order confirmation and sign-in link here.">
                        <Input name="email" label="Email" kind="email" value="office@northpier.example"/>
                    </Section>
                </div>
                <OrderSum/>
            </Grid>
        </PublicShell>
    }
}

/// The sign-in page.
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <SignLayout brand=Some(brand()) title="Sign in" note="To your sites, mail and invoices."
            aside=|| view! { <h2 class="text-16 font-bold text-rail-strong">"Example Hosting"</h2><p class="mt-1">"Times are UTC. Sign-ins are written to the audit log."</p> }>
            <div class="grid gap-4">
                <Input name="email" label="Email" kind="email"/>
                <Input name="password" label="Password" kind="password"/>
                <Button kind=Kind::Primary size=Size::Large block=true>"Sign in"</Button>
            </div>
        </SignLayout>
    }
}

/// The tenant's home.
#[component]
pub fn TenantHome() -> impl IntoView {
    let items = vec![
        ("Home", "/t/lumen".to_owned()),
        ("CloudPods", "/t/lumen/cloudpods".to_owned()),
        ("Jobs", "/t/lumen/jobs".to_owned()),
        ("Invoices", "/t/lumen/invoices".to_owned()),
    ];
    view! {
        <TenantShell brand=brand() tenant="Lumen & Oak" items account=account() menu=|| ()>
            <PageHead title="Home" note=|| "3 CloudPods: 2 running, 1 stopped by you. No open invoices."/>
            <Grid>
                <Stack><Panel title="CloudPods" flush=true><PodRows/></Panel></Stack>
                <Stack>
                    <Panel title="Use this month"><Stack>
                        <Meter label="Traffic" used=Some(741.0) limit=2000.0 words="741 GB" limit_words="2,000 GB" note="13 days left"/>
                        <Meter label="Mailboxes" used=Some(9.0) limit=10.0 words="9" limit_words="10" note="1 left. A bigger mail plan has 25."/>
                    </Stack></Panel>
                    <Panel title="Invoices" flush=true><EmptyState title="No invoices yet" text="Invoices appear here after the first order."/></Panel>
                </Stack>
            </Grid>
        </TenantShell>
    }
}
