//! Terms of payment.

use super::server_fns::{RemovePaymentTerms, SetPaymentTerms, list_payment_terms};
use app_kit::prelude::*;
use model::{
    billing::dunning::{PaymentTermsInput, PaymentTermsList, PaymentTermsView},
    permission::BillingManage,
};

/// Code of the plan whose terms are being edited; empty for those of all others, [`NEW`] for a plan that gets its own.
type Edited = RwSignal<Option<String>>;

/// No code of a plan: they have no spaces.
const NEW: &str = "a new one";

/// `/admin/payment-terms`
#[component]
pub fn PaymentTermsPage() -> impl IntoView {
    let may_change = use_viewer().is_some_and(|viewer| viewer.holds::<BillingManage>());
    let edited = Edited::new(None);
    let view = move |list: Live<PaymentTermsList>| {
        let of_plans = list.rows(
            |list| list.terms.clone(),
            |terms| terms.product_code.clone().unwrap_or_default(),
            move |terms| view! { <Terms terms may_change edited/> },
        );
        view! {
            <div class="max-w-[760px]"><Stack>
                {of_plans}
                {may_change.then(|| list.show(|list| (list.without.clone(), list.terms.first().cloned()), move |found| new_terms(found, edited)))}
            </Stack></div>
        }
    };
    view! {
        <PageHead title="Payment terms" note=|| "When invoices are issued and charged, and what follows if they stay unpaid. Changes apply to invoices issued afterwards."/>
        <Load data=fetch(|| (), |()| list_payment_terms()) view/>
    }
    .into_any()
}

fn as_input(terms: &PaymentTermsView) -> PaymentTermsInput {
    PaymentTermsInput {
        product_code: terms.product_code.clone().unwrap_or_default(),
        invoice_lead_days: terms.invoice_lead_days,
        attempt_days: terms.attempts_label(),
        suspend_after_days: terms.suspend_after_days,
        terminate_after_days: terms.terminate_after_days,
    }
}

fn saved(edited: Edited) -> Callback<()> {
    let toasts = use_toasts();
    Callback::new(move |()| {
        edited.set(None);
        toasts.show(State::Ok, "Payment terms saved", "They apply to invoices issued from now on.");
    })
}

/// Closes the form that is open.
fn cancel(edited: Edited) -> impl IntoView {
    view! { <Button on:click=move |_| edited.set(None)>"Cancel"</Button> }
}

#[component]
fn Terms(terms: Live<PaymentTermsView>, may_change: bool, edited: Edited) -> impl IntoView {
    let now = terms.now();
    let title = now.product_name.clone().unwrap_or_else(|| "All plans without terms of their own".to_owned());
    let code = now.product_code.unwrap_or_default();
    let since = move || {
        terms.show(
            |terms| terms.since,
            |since| match since {
                Some(at) => view! { <span class="text-12 text-3">"Since " <At at whole=true/></span> }.into_any(),
                None => view! { <span class="text-12 text-3">"Default"</span> }.into_any(),
            },
        )
    };
    let body = move || {
        let code = code.clone();
        if edited.with(|edited| edited.as_ref() == Some(&code)) {
            let remove = (!code.is_empty()).then(|| {
                let ask =
                    Ask::new("Remove these terms?", "The terms of all other plans apply to the next invoices of this plan.").label("Remove terms");
                view! { <ActionButton call=RemovePaymentTerms { product_code: code.clone() } label="Remove terms" ask/> }
            });
            return view! {
                <Form action=SetPaymentTerms { input: as_input(&terms.now()) } on_done=saved(edited) refetch=true>
                    <Hidden name="input[product_code]" value=code.clone()/>
                    <TermsFields/>
                    <div class="flex gap-2"><Submit>"Save terms"</Submit>{cancel(edited)}{remove}</div>
                </Form>
            }
            .into_any();
        }
        let edit = may_change.then(|| {
            let code = code.clone();
            view! { <div class="mt-4"><Button on:click=move |_| edited.set(Some(code.clone()))>"Edit terms"</Button></div> }
        });
        view! { <p class="text-13">{terms.text(summary)}</p>{edit} }.into_any()
    };
    view! { <Panel title aside=since>{body}</Panel> }
}

fn summary(terms: &PaymentTermsView) -> String {
    format!(
        "Invoiced {} days ahead. Charged on days {} after the due date. Suspended after {} days, terminated {} days later.",
        terms.invoice_lead_days,
        terms.attempts_label(),
        terms.suspend_after_days,
        terms.terminate_after_days
    )
}

#[component]
fn TermsFields() -> impl IntoView {
    view! {
        <Grid columns=Columns::Pairs>
            <Input name="input[invoice_lead_days]" kind="number" label="Issue invoices ahead" suffix="days" help="Before the period begins."/>
            <Input name="input[attempt_days]" label="Charge card on days" help="Counted from the due date, for example 0, 3, 5, 7."/>
            <Input name="input[suspend_after_days]" kind="number" label="Suspend after" suffix="days" help="Counted from the due date."/>
            <Input name="input[terminate_after_days]" kind="number" label="Terminate after" suffix="days" help="Counted from the suspension."/>
        </Grid>
    }
}

/// The form that gives a plan terms of its own.
fn new_terms((without, default): (Vec<(String, String)>, Option<PaymentTermsView>), edited: Edited) -> AnyView {
    let (Some((first, _)), Some(default)) = (without.first().cloned(), default) else { return ().into_any() };
    let input = PaymentTermsInput { product_code: first, ..as_input(&default) };
    let body = move || {
        if edited.with(|edited| edited.as_deref() != Some(NEW)) {
            return view! { <Button on:click=move |_| edited.set(Some(NEW.to_owned()))>"Add terms for a plan"</Button> }.into_any();
        }
        let plans = without.clone();
        view! {
            <Form action=SetPaymentTerms { input: input.clone() } on_done=saved(edited) refetch=true>
                <Select name="input[product_code]" label="Plan" options=plans/>
                <TermsFields/>
                <div class="flex gap-2"><Submit>"Add terms"</Submit>{cancel(edited)}</div>
            </Form>
        }
        .into_any()
    };
    view! { <Panel title="Terms for one plan">{body}</Panel> }.into_any()
}
