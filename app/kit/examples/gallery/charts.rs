//! Charts: each kind, a gap, a limit, nothing to show.

use app_kit::prelude::*;

fn days() -> Vec<String> {
    (5..=17).map(|day| format!("{day} Nov")).collect()
}

fn gigabytes(value: f64) -> String {
    format!("{value:.0}\u{a0}GB")
}

#[component]
pub(super) fn Charts() -> impl IntoView {
    let used = [62.0, 63.0, 63.0, 64.0, 66.0, 65.0, 67.0, 68.0, 68.0, 70.0, 69.0, 71.0, 71.4];
    let before = [58.0, 58.0, 59.0, 59.5, 60.0, 60.0, 61.0, 61.0, 62.0, 62.0, 62.5, 62.0, 62.0];
    let mut gap = Series::new("Response time", [82.0, 84.0, 90.0, 120.0, 88.0, 86.0, 85.0, 91.0, 84.0, 83.0, 86.0, 88.0, 87.0]);
    gap.values[5] = None;
    gap.values[6] = None;
    let hours = (1..=12).map(|hour| format!("{hour}")).collect::<Vec<_>>();
    view! {
        <Stats columns=3>
            <Stat label="Customers" value="388" note="+7 in 30 days" href="#"/>
            <Stat label="Running" value="425" note="of 461"/>
            <Stat label="Failing" value="2" note="since 14:21"/>
        </Stats>
        <div class="flex items-center gap-3 text-13"><span>"Customers, 388, rising"</span><Sparkline values=vec![370.0, 371.0, 373.0, 372.0, 376.0, 379.0, 381.0, 384.0, 388.0]/></div>
        <Panel title="Memory">
            <Chart
                label="Memory by day" summary="From 62 to 71.4 GB, above the month before." kind=ChartKind::Area labels=days() label_head="Day"
                series=Series::new("Used", used) comparison=Series::new("Month before", before) limit=100.0 words=gigabytes
            />
        </Panel>
        <Panel title="Response time">
            <Chart label="Response time by day" summary="About 86 ms; not measured on 10 and 11 Nov." labels=days() label_head="Day" series=gap words=|value| format!("{value:.0}\u{a0}ms")/>
        </Panel>
        <Panel title="Jobs">
            <Chart label="Jobs by hour" summary="Most at 9, 22 jobs." kind=ChartKind::Bar labels=hours label_head="Hour" series=Series::new("Jobs", [4.0, 3.0, 2.0, 2.0, 5.0, 9.0, 14.0, 18.0, 22.0, 19.0, 17.0, 21.0])/>
        </Panel>
        <Panel title="Nothing measured yet">
            <Chart label="Traffic by day" summary="Nothing measured yet." labels=Vec::new() label_head="Day" series=Series::default()/>
        </Panel>
    }
}
