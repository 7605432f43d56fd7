//! Banners, empty, error, loading, toast.

use app_kit::{prelude::*, toast::ToastBody};
use model::error::{ApiError, ErrorCode};

#[component]
pub(super) fn Banners() -> impl IntoView {
    view! {
        <div>
            <Banner notice=Notice::Simulated><b>"This server is simulated."</b> " Its sites are not real."</Banner>
            <Banner notice=Notice::Maintenance action=|| view! { <a href="#" class="text-current">"Details"</a> }>
                <b>"Planned work in Amsterdam, Thu 19 Nov, 02:00 to 02:30 UTC."</b> " Sites there restart once."
            </Banner>
            <Banner>"Connection lost. Showing data as of 14:21:40. Reconnecting…"</Banner>
            <Banner notice=Notice::Failing><b>"fra-web-05 has not responded since 14:21:40."</b> " The status of its 23 CloudPods is unknown."</Banner>
        </div>
        <div><Banner boxed=true>"Connection lost. Showing data as of 14:21:40. Reconnecting…"</Banner></div>
    }
}

#[component]
pub(super) fn States() -> impl IntoView {
    let lost = ApiError { incident: Some("inc_4m2".to_owned()), ..ApiError::new(ErrorCode::Internal, "The database did not respond in 5 s.") };
    let forbidden = ApiError::new(ErrorCode::Forbidden, "Seeing invoices needs billing:read. An owner of Lumen & Oak can give it.");
    let close = Callback::new(|()| ());
    view! {
        <Panel title="Empty" flush=true>
            <EmptyState title="No CloudPods yet" text="CloudPods appear here after the first order."
                action=|| view! { <LinkButton href="#" kind=Kind::Primary icon=Symbol::Plus>"Create CloudPod"</LinkButton> }/>
        </Panel>
        <Panel title="Error" flush=true><ErrorState error=lost/></Panel>
        <Panel title="No permission" flush=true><ErrorState error=forbidden/></Panel>
        <Panel title="Loading" flush=true><Skeleton/></Panel>
        <div class="grid gap-2">
            <ToastBody state=State::Ok title="lumen-shop runs".to_owned() text="Seen 14:33:12, after 6.4 s.".to_owned() close/>
            <ToastBody state=State::Failing title="Restart of vesper-intake failed".to_owned() text="PHP 8.3 exits at start.".to_owned() close/>
        </div>
        <div class="border border-line rounded-xl bg-raised shadow-top">
            <h2 class="px-5 pt-5 text-16 font-bold">"Delete lumen-staging?"</h2>
            <div class="grid gap-3 px-5 pt-3 pb-5 text-13 text-2">
                <p>"1 site, 1 database and 7 GB of files are deleted now."</p>
                <Input name="confirm_name" label="Type lumen-staging to confirm"/>
            </div>
            <div class="flex flex-wrap justify-end gap-2 px-5 py-3 border-t border-line"><Button>"Cancel"</Button><Button kind=Kind::Danger disabled=true>"Delete CloudPod"</Button></div>
        </div>
    }
}
