//! `/admin/bank-statements/import`

use super::{pages::PATH, server_fns::ImportBankStatement};
use app_kit::prelude::*;
use leptos_router::hooks::use_navigate;
use model::{
    billing::bank_statements::{AmountFormat, DateFormat, StatementImport, StatementInput},
    money::Currency,
};

/// `/admin/bank-statements/import`
#[component]
pub fn ImportStatementPage() -> impl IntoView {
    let (navigate, toasts) = (use_navigate(), use_toasts());
    let done = Callback::new(move |done: StatementImport| {
        let returned = if done.returned > 0 { format!(", {} possibly taken back by the bank", done.returned) } else { String::new() };
        let words = format!(
            "{} new, {} booked{}. {} known already, {} other lines skipped.",
            done.new,
            done.booked,
            returned,
            done.entries - done.new,
            done.skipped
        );
        toasts.show(State::Ok, "Statement imported", words);
        navigate(PATH, leptos_router::NavigateOptions::default());
    });
    let currencies: Vec<_> = Currency::ALL.iter().map(|one| (one.to_string(), one.to_string())).collect();
    let example = |format: &DateFormat| match format {
        DateFormat::Iso => "2026-11-30",
        DateFormat::Dots => "30.11.2026",
        DateFormat::DayFirst => "30/11/2026",
        DateFormat::MonthFirst => "11/30/2026",
    };
    let dates: Vec<_> = DateFormat::ALL.iter().map(|format| (format.to_string(), example(format).to_owned())).collect();
    let amounts = [(AmountFormat::Point, "1,234.56"), (AmountFormat::Comma, "1.234,56")];
    let amounts: Vec<_> = amounts.into_iter().map(|(format, word)| (format.to_string(), word.to_owned())).collect();
    view! {
        <PageHead title="Import statement" parents=vec![Crumb::new("Bank statements", PATH)]/>
        <div class="max-w-[760px]">
            <Form action=ImportBankStatement { input: StatementInput::default() } on_done=done>
                <Panel title="Statement" note="Transfers that name an open invoice are booked. You assign the others. Entries that were imported before are skipped.">
                    <FileInput name="input[file]" file_name="input[file_name]" label="File" accept=".xml,.csv,.txt" help="CAMT.053 (XML) or CSV, up to 1 MiB."/>
                </Panel>
                <Panel title="CSV files" note="Not used for XML files.">
                    <div class="grid gap-4">
                        <Input name="input[account]" label="Bank account" optional=true help="IBAN of the account that the file is of."/>
                        <Grid columns=Columns::Thirds>
                            <Select name="input[date_format]" label="Date format" options=dates/>
                            <Select name="input[amount_format]" label="Amount format" options=amounts/>
                            <Select name="input[currency]" label="Currency" options=currencies help="Where the file has no column for it."/>
                        </Grid>
                        <p class="text-13 text-2">"Columns are found by their usual names. Enter a name where your bank uses another one."</p>
                        <Grid columns=Columns::Pairs>
                            <Input name="input[date_column]" label="Date column" optional=true/>
                            <Input name="input[amount_column]" label="Amount column" optional=true/>
                            <Input name="input[text_column]" label="Reference column" optional=true/>
                            <Input name="input[currency_column]" label="Currency column" optional=true/>
                            <Input name="input[counterparty_column]" label="Payer column" optional=true/>
                        </Grid>
                    </div>
                </Panel>
                <div><Submit>"Import statement"</Submit></div>
            </Form>
        </div>
    }
    .into_any()
}
