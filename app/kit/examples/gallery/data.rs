//! States, tables, facts, meters.

use app_kit::prelude::*;

#[component]
pub(super) fn States() -> impl IntoView {
    let all = [
        (State::Ok, "Running"),
        (State::Working, "Provisioning"),
        (State::Warning, "Disk 96 %"),
        (State::Failing, "Failing"),
        (State::Stopped, "Stopped"),
        (State::Waiting, "Queued"),
        (State::Undone, "Rolled back"),
        (State::Asleep, "Asleep"),
        (State::Unknown, "Unknown"),
    ];
    view! {
        <div class="flex flex-wrap gap-4">{all.map(|(state, word)| view! { <Badge state word/> })}</div>
        <div class="flex flex-wrap gap-2">{all.map(|(state, word)| view! { <Badge state word soft=true/> })}</div>
        <div class="flex flex-wrap gap-2"><Tag>"Plan M"</Tag><Tag>"eu-west"</Tag></div>
    }
}

/// Rows of a list of pods.
#[component]
pub(crate) fn PodRows() -> impl IntoView {
    let rows = [
        ("northpier-shop", State::Working, "Provisioning", "step 6 of 10, 20 s", "Northpier Books", Some(0.4), 4.0, "0.4", "4 GB", "17 Nov 14:31"),
        ("vesper-intake", State::Failing, "Failing", "exits at start, 5 tries", "Vesper Clinic", Some(0.0), 4.0, "0", "4 GB", "16 Nov 09:40"),
        ("marrow-shop", State::Warning, "Disk 96 %", "full in about 2 days", "Marrow Coffee", Some(1.8), 2.0, "1.8", "2 GB", "14 Nov 16:22"),
        ("lumen-shop", State::Ok, "Running", "4 s ago", "Lumen & Oak", Some(3.2), 8.0, "3.2", "8 GB", "11 Nov 10:02"),
        ("lumen-staging", State::Stopped, "Stopped", "by its owner, 9 Nov", "Lumen & Oak", Some(0.0), 2.0, "0", "2 GB", "11 Nov 10:02"),
        ("fjordlight-www", State::Unknown, "Unknown", "last seen 14:21:40", "Fjordlight Studio", None, 4.0, "", "", "6 Nov 13:47"),
    ];
    view! {
        <Table label="CloudPods" head=vec![(Column::Name, "CloudPod"), (Column::State, "Status"), (Column::Text, "Customer"), (Column::Text, "Memory"), (Column::Extra, "Created")]>
            {rows.map(|(name, state, word, note, customer, used, limit, words, limit_words, made)| view! {
                <Tr>
                    <TdName href="#" name/>
                    <Td column=Column::State><Badge state word note/></Td>
                    <Td label="Customer"><a href="#" class="text-2">{customer}</a></Td>
                    <Td label="Memory"><MiniMeter used limit words limit_words/></Td>
                    <Td column=Column::Extra label="Made"><span class="num">{made}</span></Td>
                </Tr>
            })}
        </Table>
        <Pager span="Showing 6, newest first: created 17 Nov 14:31 to 6 Nov 13:47." newer=None older=Some("#".to_owned())/>
    }
}

#[component]
pub(super) fn Pods() -> impl IntoView {
    view! {
        <Panel title="CloudPods" note="461 pods on 13 servers" flush=true aside=|| view! { <a href="#">"All 461"</a> }><PodRows/></Panel>
        <Panel title="Invoices" flush=true>
            <Table label="Invoices" head=vec![(Column::Name, "Invoice"), (Column::State, "Status"), (Column::Number, "Amount"), (Column::Actions, "")]>
                <Tr>
                    <TdName href="#" name="INV-2026-04630" note="17 Nov 2026"/>
                    <Td column=Column::State><Badge state=State::Ok word="Paid"/></Td>
                    <Td column=Column::Number label="Amount">"€290.40"</Td>
                    <Td column=Column::Actions><Button size=Size::Small>"Send again"</Button></Td>
                </Tr>
            </Table>
        </Panel>
    }
}

#[component]
pub(super) fn Values() -> impl IntoView {
    view! {
        <Facts>
            <Fact label="Running for">"26.8 s"</Fact>
            <Fact label="Time in queue">"0.8 s"</Fact>
            <Fact label="Server"><a href="#">"ams-web-03"</a></Fact>
            <Fact label="Attempt">"1 of 3"</Fact>
            <Fact label="Worker">"Unknown"</Fact>
        </Facts>
        <Stats columns=3>
            <Stat label="Customers" value="388" note="+7 in 30 days" href="#"/>
            <Stat label="Monthly revenue" value="€8,935" note="ARR €107,220"/>
            <Stat label="Running CloudPods" value="425" note="of 461" href="#"/>
        </Stats>
        <Panel title="Related">
            <KeyValues>
                <KeyValue label="Payment">"€290.40, 14:31:39, " <a href="#">"INV-2026-04630"</a></KeyValue>
                <KeyValue label="CloudPod"><a href="#">"northpier-shop"</a></KeyValue>
                <KeyValue label="Host key" ><Copyable text="SHA256:3vO2n0oYk7m9qQxgqkq1m1" label="Copy the fingerprint"/></KeyValue>
            </KeyValues>
        </Panel>
        <Panel title="Billing reconciliation">
            <KeyValues>
                <KeyValue label="Paid and running" number=true>"428"</KeyValue>
                <KeyValue label="Paid, not running" number=true><a href="#">"2"</a></KeyValue>
            </KeyValues>
        </Panel>
    }
}

#[component]
pub(super) fn Meters() -> impl IntoView {
    view! {
        <Meter label="Disk" used=Some(61.0) reserved=12.0 limit=160.0 words="61 GB" limit_words="160 GB" note="12 GB reserved"/>
        <Meter label="Mailboxes" used=Some(9.0) limit=10.0 words="9" limit_words="10" note="1 left. A bigger mail plan has 25."/>
        <Meter label="Memory" used=Some(7.9) limit=8.0 words="7.9 GB" limit_words="8 GB" note="Processes are being stopped."/>
        <Meter label="Traffic" used=None limit=2000.0 words="" limit_words="2,000 GB" note="The server has not responded since 14:21:40."/>
    }
}
