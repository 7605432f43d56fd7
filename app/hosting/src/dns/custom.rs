//! Templates that staff define.

use super::server_fns::{CreateCustomTemplate, DeleteCustomTemplate, UpdateCustomTemplate, list_custom_templates};
use app_kit::prelude::*;
use model::{
    hosting::dns::{CustomTemplateInput, CustomTemplateRow},
    permission::DnsManage,
};

/// The template that the form is for; nothing for a new one. The number grows with each one, so that the form begins anew.
type Edited = (u32, Option<CustomTemplateInput>);

/// `/admin/dns/templates`
#[component]
pub fn CustomTemplatesPage() -> impl IntoView {
    let data = fetch(|| (), |()| list_custom_templates());
    view! {
        <PageHead
            title="DNS templates" note=|| "Sets of records that customers can add to their zones, beside the built-in ones."
            parents=vec![Crumb::new("DNS", "/admin/dns")]
        />
        <div class="grid gap-4 max-w-[960px]"><Load data view={|rows: Live<Vec<CustomTemplateRow>>| view! { <Templates rows/> }}/></div>
    }
    .into_any()
}

#[component]
fn Templates(rows: Live<Vec<CustomTemplateRow>>) -> impl IntoView {
    type C = Col<CustomTemplateRow>;
    let may = use_viewer().is_some_and(|viewer| viewer.holds::<DnsManage>());
    let form: Live<Edited> = Live::new((0, None));
    let columns = vec![
        C::title("Name", |row| (row.name.clone(), row.description.clone())),
        C::text("ID", |row| row.code.clone()),
        C::number("Records", |row| row.records.lines().filter(|line| !line.trim().is_empty()).count()),
        C::ago("Changed", "Never", |row| Some(row.changed_at)),
        C::extra("Changed by", |row| row.changed_by.clone()),
        C::actions(CustomTemplateRow::clone, move |row| view! { <RowActions row form/> }).when(may),
    ];
    view! {
        <Panel title="Templates" flush=true>
            <Rows label="Templates" columns key=|row: &CustomTemplateRow| row.code.clone() rows empty="No templates yet. Add the first one below."/>
        </Panel>
        {may.then(|| form.show(Clone::clone, move |(round, edited)| view! { <TemplateForm round edited form/> }))}
    }
}

#[component]
fn RowActions(row: CustomTemplateRow, form: Live<Edited>) -> impl IntoView {
    let CustomTemplateRow { code, name, description, variables, records, .. } = row;
    let input = CustomTemplateInput { code: code.clone(), name: name.clone(), description, variables, records };
    let ask = Ask::new(format!("Delete {name}?"), "Customers can no longer add it. Records that zones have of it stay.");
    view! {
        <span class="inline-flex gap-2">
            <Button size=Size::Small on:click=move |_| form.set((form.now().0 + 1, Some(input.clone())))>"Edit"</Button>
            <ActionButton call=DeleteCustomTemplate { code } label="Delete" size=Size::Small ask=ask.label("Delete template")/>
        </span>
    }
    .into_any()
}

#[component]
fn TemplateForm(round: u32, edited: Option<CustomTemplateInput>, form: Live<Edited>) -> impl IntoView {
    let done = Callback::new(move |()| form.set((round + 1, None)));
    let fields = || {
        view! {
            <Input name="input[name]" label="Name" autocomplete="off"/>
            <Input name="input[description]" label="Description" optional=true autocomplete="off"/>
            <Textarea name="input[variables]" label="Variables" optional=true help="One per line: key | Label | default. Customers enter their values."/>
            <Textarea
                name="input[records]" label="Records" rows=8
                help="One per line: name, type and value, such as @ MX 10 {mailhost}. {domain} is the customer's domain; @ is the domain itself."
            />
        }
    };
    match edited {
        None => view! {
            <Panel title="Add a template">
                <Form action=CreateCustomTemplate { input: CustomTemplateInput::default() } refetch=true on_done=done>
                    <Input name="input[code]" label="ID" autocomplete="off" help="Lowercase letters, digits and hyphens. It doesn't change."/>
                    {fields()}
                    <div><Submit>"Add template"</Submit></div>
                </Form>
            </Panel>
        }
        .into_any(),
        Some(input) => view! {
            <Panel title=format!("Edit {}", input.name) note="Zones that use it stay as they are. Their pages show what differs.">
                <Form action=UpdateCustomTemplate { input } refetch=true on_done=done>
                    {fields()}
                    <div class="flex flex-wrap gap-2">
                        <Submit>"Save template"</Submit>
                        <Button on:click=move |_| form.set((round + 1, None))>"Cancel"</Button>
                    </div>
                </Form>
            </Panel>
        }
        .into_any(),
    }
}
