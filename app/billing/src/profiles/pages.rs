//! The billing profile of an account.

use super::server_fns::{UpdateBillingProfile, UpdateOwnBillingProfile, read_billing_profile, read_own_billing_profile};
use app_kit::prelude::*;
use model::{
    billing::profiles::{BillingProfile, ProfileInput, VatStatus},
    country,
    permission::BillingManage,
};

/// `/admin/customers/:id/billing-profile` and `/t/:slug/billing-profile`
#[component]
pub fn BillingProfilePage() -> impl IntoView {
    let scope = use_scope();
    let data = match &scope {
        Scope::Platform => fetch_one("id", "Customer not found.", read_billing_profile),
        Scope::Tenant(_) => fetch_one("slug", "Account not found.", read_own_billing_profile),
    };
    view! { <Load data view={move |profile: Live<BillingProfile>| view! { <Profile profile scope=scope.clone()/> }}/> }.into_any()
}

#[component]
fn Profile(profile: Live<BillingProfile>, scope: Scope) -> impl IntoView {
    let now = profile.now();
    let parents = match &scope {
        Scope::Platform => {
            vec![Crumb::new("Customers", "/admin/customers"), Crumb::new(now.account.clone(), format!("/admin/customers/{}", now.tenant))]
        }
        Scope::Tenant(slug) => vec![Crumb::new("Billing", format!("/t/{slug}/billing"))],
    };
    view! {
        <PageHead title="Billing profile" parents note=|| "Changes apply to invoices issued from now on. Earlier invoices stay as they are."/>
        <Grid>
            <Panel title="Invoice details"><Details now scope/></Panel>
            {profile.show(BillingProfile::clone, |profile| view! { <Tax profile/> })}
        </Grid>
    }
}

/// The form, for those who may change the profile; what it says, for others.
#[component]
fn Details(now: BillingProfile, scope: Scope) -> impl IntoView {
    let toasts = use_toasts();
    let saved = Callback::new(move |()| toasts.show(State::Ok, "Changes saved", "The next invoice carries them."));
    let input = ProfileInput {
        name: now.name.clone(),
        address: now.address.clone(),
        country: now.country.clone(),
        vat_number: now.vat_number.clone(),
        contacts: now.contacts.join("\n"),
    };
    match (scope, use_viewer()) {
        (Scope::Platform, Some(viewer)) if viewer.holds::<BillingManage>() => {
            let action = UpdateBillingProfile { id: now.tenant, input };
            view! { <Form action on_done=saved refetch=true><Fields/></Form> }.into_any()
        }
        (Scope::Tenant(slug), Some(viewer)) if viewer.holds_in::<BillingManage>(&slug) => {
            let action = UpdateOwnBillingProfile { slug, input };
            view! { <Form action on_done=saved refetch=true><Fields/></Form> }.into_any()
        }
        _ => view! {
            <KeyValues>
                <KeyValue label="Name">{now.name}</KeyValue>
                <KeyValue label="Address">{now.address.lines().map(|line| view! { <p>{line.to_owned()}</p> }).collect_view()}</KeyValue>
                <KeyValue label="Country">{country::name(&now.country).to_owned()}</KeyValue>
                <KeyValue label="Billing contacts">{if now.contacts.is_empty() { "Account email".to_owned() } else { now.contacts.join(", ") }}</KeyValue>
            </KeyValues>
        }
        .into_any(),
    }
}

#[component]
fn Fields() -> impl IntoView {
    let countries: Vec<_> = country::ALL.iter().map(|(code, name)| ((*code).to_owned(), (*name).to_owned())).collect();
    view! {
        <Input name="input[name]" label="Name or company" autocomplete="organization"/>
        <Textarea name="input[address]" label="Address" rows=3/>
        <Grid columns=Columns::Pairs>
            <Select name="input[country]" label="Country" options=countries help="Used to calculate VAT."/>
            <Input name="input[vat_number]" label="VAT number" optional=true help="For businesses in the EU, for example DE123456788."/>
        </Grid>
        <Textarea name="input[contacts]" label="Billing contacts" optional=true rows=2 help="Up to five email addresses, one per line. Invoices and reminders go there instead of the account's email address."/>
        <div><Submit>"Save"</Submit></div>
    }
}

/// Badge of a VAT number, by what VIES has answered.
pub(crate) const fn vat_state(status: VatStatus) -> (State, &'static str) {
    match status {
        VatStatus::Pending => (State::Working, "Not confirmed yet"),
        VatStatus::Confirmed => (State::Ok, "Confirmed by VIES"),
        VatStatus::Rejected => (State::Failing, "Not found in VIES"),
    }
}

/// What the next invoice carries, and why.
#[component]
fn Tax(profile: BillingProfile) -> impl IntoView {
    let rate = crate::tax_label(profile.tax_rate_bp);
    let check = profile.vat.map(|check| {
        let (state, word) = vat_state(check.status);
        let note = match check.status {
            VatStatus::Pending => Some("Invoices carry VAT as for a consumer until VIES, the EU's register, has confirmed the number. We ask again automatically."),
            VatStatus::Confirmed => None,
            VatStatus::Rejected => Some("Invoices carry VAT as for a consumer. Check the number, or ask your tax office to have it entered in VIES."),
        };
        view! {
            <KeyValue label="VAT number">{profile.vat_number}</KeyValue>
            <KeyValue label="Status"><Badge state word/></KeyValue>
            <KeyValue label="Checked">{match check.checked_at { Some(at) => view! { <At at whole=true/> }.into_any(), None => "Not yet".into_any() }}</KeyValue>
            {(!check.consultation.is_empty()).then(|| view! { <KeyValue label="Consultation">{check.consultation}</KeyValue> })}
            {note.map(|note| view! { <p class="text-13 text-2 mt-2">{note}</p> })}
        }
    });
    view! {
        <Panel title="Tax">
            <KeyValues>
                <KeyValue label="Next invoice">{format!("{rate}, {}", profile.tax_treatment.label())}</KeyValue>
                {check}
            </KeyValues>
        </Panel>
    }
}
