//! Times, in UTC, with seconds where they matter; ages beside them. Put together by hand: the reader of format strings is larger than most pages.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike};
use leptos::prelude::*;
use model::Time;

/// Now, by this machine's clock.
#[allow(clippy::useless_conversion, reason = "in the browser it is a type of its own")]
pub fn now() -> Time {
    #[cfg(feature = "hydrate")]
    let millis = js_sys::Date::now() as i64;
    #[cfg(not(feature = "hydrate"))]
    let millis =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    DateTime::from_timestamp_millis(millis).unwrap_or_default().into()
}

/// A clock that ticks once a second in the browser and stands still on the server.
#[derive(Clone, Copy)]
struct Clock(RwSignal<Time>);

/// Makes ages tick below this place.
pub fn provide_clock() {
    let clock = RwSignal::new(now());
    provide_context(Clock(clock));
    Effect::new(move |_| {
        if let Ok(ticker) = set_interval_with_handle(move || clock.set(now()), std::time::Duration::from_secs(1)) {
            on_cleanup(move || ticker.clear());
        }
    });
}

/// The ticking time.
pub fn use_now() -> Signal<Time> {
    use_context::<Clock>().map_or_else(|| Signal::stored(now()), |clock| clock.0.into())
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// "17 Nov".
fn day_and_month(at: Time) -> String {
    format!("{} {}", at.day(), MONTHS[at.month0() as usize])
}

/// "14:32:05".
pub fn clock_words(at: Time) -> String {
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

/// "17 Nov 14:31", with the year when it is another one.
pub fn short(at: Time) -> String {
    let day = if at.year() == now().year() { day_and_month(at) } else { day(at) };
    format!("{day} {:02}:{:02}", at.hour(), at.minute())
}

/// "17 Nov 2026".
pub fn day(at: Time) -> String {
    format!("{} {}", day_and_month(at), at.year())
}

/// "17 Nov 2026, 14:31:39 UTC".
pub fn full(at: Time) -> String {
    format!("{}, {} UTC", day(at), clock_words(at))
}

/// A span in words: "0.8 s", "26 s", "4 min 12 s", "3 h 5 min", "12 days".
pub fn span(millis: i64) -> String {
    let millis = millis.max(0);
    let seconds = millis / 1000;
    match seconds {
        0..10 => format!("{}.{}\u{a0}s", seconds, millis % 1000 / 100),
        10..60 => format!("{seconds}\u{a0}s"),
        60..3600 => format!("{}\u{a0}min {}\u{a0}s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{}\u{a0}h {}\u{a0}min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// An age in words: "4 s ago"; "now" under a second.
pub fn ago(at: Time, now: Time) -> String {
    let seconds = (now - at).num_seconds();
    match seconds {
        ..1 => "now".to_owned(),
        1..60 => format!("{seconds}\u{a0}s ago"),
        60..3600 => format!("{}\u{a0}min ago", seconds / 60),
        3600..172_800 => format!("{}\u{a0}h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// A moment: "17 Nov 14:31"; the whole of it in the title.
#[component]
pub fn At(
    /// When.
    at: Time,
    /// "14:32:05" instead of date and minute.
    #[prop(optional)]
    clock: bool,
    /// The whole: "17 Nov 2026, 14:31:39 UTC".
    #[prop(optional)]
    whole: bool,
    /// The day only.
    #[prop(optional)]
    date: bool,
) -> impl IntoView {
    let words = match (clock, whole, date) {
        (true, ..) => clock_words(at),
        (_, true, _) => full(at),
        (.., true) => day(at),
        _ => short(at),
    };
    // The whole is long: in a narrow place it takes two lines.
    let class = if whole { tw!("num") } else { tw!("num whitespace-nowrap") };
    view! { <time class=class datetime=at.to_rfc3339_opts(SecondsFormat::Millis, true) title=full(at)>{words}</time> }.into_any()
}

/// An age that counts: "4 s ago".
#[component]
pub fn Ago(
    /// When.
    at: Time,
) -> impl IntoView {
    let now = use_now();
    view! { <time class="num whitespace-nowrap" datetime=at.to_rfc3339_opts(SecondsFormat::Millis, true) title=full(at)>{move || ago(at, now.get())}</time> }
    .into_any()
}
