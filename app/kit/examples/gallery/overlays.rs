//! What opens over a page, and differences.

use app_kit::prelude::*;

#[component]
pub(super) fn Overlays() -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <div class="flex flex-wrap items-start gap-5">
            <div class="w-58 p-1 border border-line-firm rounded-lg bg-raised shadow-pop text-13 text-1">
                <MenuItem icon=Symbol::Refresh>"Restart"</MenuItem>
                <MenuItem icon=Symbol::Terminal href="#">"Open log"</MenuItem>
                <MenuRule/>
                <MenuItem icon=Symbol::Trash danger=true>"Delete CloudPod"</MenuItem>
            </div>
            <Drawer open title="vesper-intake" note="CloudPod of Vesper Clinic" in_page=true foot=|| view! { <LinkButton href="#" size=Size::Small>"Open page"</LinkButton> }>
                <KeyValues>
                    <KeyValue label="State"><Badge state=State::Failing word="Failing"/></KeyValue>
                    <KeyValue label="Last attempt">"14:26:17"</KeyValue>
                    <KeyValue label="Plan">"M"</KeyValue>
                </KeyValues>
            </Drawer>
        </div>
    }
}

#[component]
pub(super) fn Differences() -> impl IntoView {
    let some = |text: &str| Some(text.to_owned());
    let lines = vec![
        DiffLine::of("site shop", None, some("northpier.example")),
        DiffLine::of("memory", some("2 GB"), some("4 GB")),
        DiffLine::of("site old", some("old.northpier.example"), None),
        DiffLine::of("disk", some("20 GB"), some("20 GB")),
    ];
    let changes = vec![DiffLine::of("www A", None, some("192.0.2.80, TTL 3600"))];
    let parts = Callback::new(move |()| {
        let apply = view! { <Button kind=Kind::Primary>"Apply changes"</Button> };
        (view! { <Diff label="Changes" lines=changes.clone()/> }.into_any(), apply.into_any())
    });
    let discard = Callback::new(|()| ());
    view! {
        <Panel title="Plan" note=diff_words(&lines)><Diff label="Expected and actual" lines/></Panel>
        <Unapplied count=Signal::stored(1_usize) note="Nothing is published until you apply them." discard parts/>
    }
}
