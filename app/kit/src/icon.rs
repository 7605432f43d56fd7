//! Icons, drawn on a 16 px grid with one stroke. An icon helps a word; alone it stands only where FACE allows it.

use crate::classes;
use leptos::prelude::*;

/// Every icon there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum Symbol {
    Alert,
    Box,
    Card,
    Check,
    Clock,
    Copy,
    Down,
    Download,
    Enter,
    Exit,
    External,
    Eye,
    Globe,
    Info,
    Key,
    Layers,
    Left,
    Lock,
    Mail,
    Menu,
    Moon,
    More,
    Overview,
    Pause,
    People,
    Play,
    Plus,
    Pulse,
    Refresh,
    Right,
    Screen,
    Search,
    Server,
    Shield,
    Sun,
    Terminal,
    Trash,
    Up,
    UpDown,
    User,
    X,
    StateOk,
    StateWorking,
    StateWarning,
    StateFailing,
    StateStopped,
    StateWaiting,
    StateUndone,
    StateUnknown,
}

impl Symbol {
    /// The drawing: SVG markup of our own, without anything from outside.
    const fn drawing(self) -> &'static str {
        match self {
            Symbol::Alert => r#"<path d="M8 2.2 14.2 13H1.8zM8 6.4v3.2M8 11.4h.01"/>"#,
            Symbol::Box => r#"<path d="M8 1.8 13.5 5v6L8 14.2 2.5 11V5zM2.5 5 8 8.2 13.5 5M8 8.2v6"/>"#,
            Symbol::Card => r#"<rect x="1.75" y="3.25" width="12.5" height="9.5" rx="1.5"/><path d="M1.75 6.5h12.5M4.25 10h2.5"/>"#,
            Symbol::Check => r#"<path d="m3 8.5 3.2 3.2L13 4.8"/>"#,
            Symbol::Clock => r#"<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.4 1.6"/>"#,
            Symbol::Copy => {
                r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M3.5 10.5h-.2a.8.8 0 0 1-.8-.8V3.3c0-.4.4-.8.8-.8h6.4c.4 0 .8.4.8.8v.2"/>"#
            }
            Symbol::Down => r#"<path d="M3.5 6 8 10.5 12.5 6"/>"#,
            Symbol::Download => r#"<path d="M8 2.5v7.6M4.8 7.2 8 10.4l3.2-3.2M2.5 13.5h11"/>"#,
            Symbol::Enter => r#"<path d="M9.5 2.5h3a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-3M6 5l3 3-3 3M9 8H2.5"/>"#,
            Symbol::Exit => r#"<path d="M6.5 2.5h-3a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3M10 5l3 3-3 3M13 8H6.5"/>"#,
            Symbol::External => r#"<path d="M6.5 3.5h-3a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1v-3M9.5 2.5h4v4M13.2 2.8 7.5 8.5"/>"#,
            Symbol::Eye => r#"<path d="M1.5 8S3.8 3.5 8 3.5 14.5 8 14.5 8 12.2 12.5 8 12.5 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="1.8"/>"#,
            Symbol::Globe => r#"<circle cx="8" cy="8" r="6"/><path d="M2 8h12M8 2c2 2 2.6 4 2.6 6S10 12 8 14c-2-2-2.6-4-2.6-6S6 4 8 2z"/>"#,
            Symbol::Info => r#"<circle cx="8" cy="8" r="6"/><path d="M8 7.4v3.4M8 5.2h.01"/>"#,
            Symbol::Key => r#"<circle cx="5" cy="10.8" r="2.6"/><path d="m7 9 6-6M10.6 5.4l1.8 1.8"/>"#,
            Symbol::Layers => r#"<path d="M8 2 14 5.2 8 8.4 2 5.2zM2.4 8.2 8 11.2l5.6-3M2.4 11 8 14l5.6-3"/>"#,
            Symbol::Left => r#"<path d="M10 3.5 5.5 8l4.5 4.5"/>"#,
            Symbol::Lock => r#"<rect x="3" y="7" width="10" height="6.8" rx="1.5"/><path d="M5.2 7V4.8a2.8 2.8 0 0 1 5.6 0V7"/>"#,
            Symbol::Mail => r#"<rect x="1.75" y="3.25" width="12.5" height="9.5" rx="1.5"/><path d="m2.2 4.4 5.8 4.4 5.8-4.4"/>"#,
            Symbol::Menu => r#"<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>"#,
            Symbol::Moon => r#"<path d="M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z"/>"#,
            Symbol::More => r#"<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.2"/>"#,
            Symbol::Overview => {
                r#"<rect x="2.5" y="2.5" width="4.5" height="4.5" rx="1"/><rect x="9" y="2.5" width="4.5" height="4.5" rx="1"/><rect x="2.5" y="9" width="4.5" height="4.5" rx="1"/><rect x="9" y="9" width="4.5" height="4.5" rx="1"/>"#
            }
            Symbol::Pause => r#"<path d="M5.5 3.5v9M10.5 3.5v9"/>"#,
            Symbol::People => {
                r#"<circle cx="6" cy="5.2" r="2.5"/><path d="M1.5 13.2c.4-2.7 2.2-4.1 4.5-4.1s4.1 1.4 4.5 4.1M10.6 2.9a2.5 2.5 0 0 1 0 4.6M12 9.6c1.4.6 2.3 1.8 2.5 3.6"/>"#
            }
            Symbol::Play => r#"<path d="M4.5 3v10l8-5z"/>"#,
            Symbol::Plus => r#"<path d="M8 3v10M3 8h10"/>"#,
            Symbol::Pulse => r#"<path d="M1.5 8.5h3l2-5.5 3 10 2-4.5h3"/>"#,
            Symbol::Refresh => r#"<path d="M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 2v3h-3"/>"#,
            Symbol::Right => r#"<path d="m6 3.5 4.5 4.5L6 12.5"/>"#,
            Symbol::Screen => r#"<rect x="1.75" y="2.75" width="12.5" height="8.5" rx="1.5"/><path d="M5.5 13.75h5M8 11.25v2.5"/>"#,
            Symbol::Search => r#"<circle cx="7" cy="7" r="4.25"/><path d="m10.2 10.2 3.3 3.3"/>"#,
            Symbol::Server => {
                r#"<rect x="2" y="2.5" width="12" height="4.5" rx="1"/><rect x="2" y="9" width="12" height="4.5" rx="1"/><path d="M4.6 4.75h.01M4.6 11.25h.01" stroke-width="2"/><path d="M9 4.75h2.6M9 11.25h2.6"/>"#
            }
            Symbol::Shield => r#"<path d="M8 1.8 13 3.6v4c0 3.2-2 5.4-5 6.6-3-1.2-5-3.4-5-6.6v-4z"/><path d="m5.8 7.9 1.6 1.6 2.9-3"/>"#,
            Symbol::Sun => {
                r#"<circle cx="8" cy="8" r="2.8"/><path d="M8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9"/>"#
            }
            Symbol::Terminal => r#"<rect x="1.75" y="2.75" width="12.5" height="10.5" rx="1.5"/><path d="m4.5 6 2 2-2 2M8.5 10.2h3"/>"#,
            Symbol::Trash => r#"<path d="M2.8 4.2h10.4M6.2 4.2V2.6h3.6v1.6M4.2 4.2l.6 9.2h6.4l.6-9.2M6.8 6.8v4M9.2 6.8v4"/>"#,
            Symbol::Up => r#"<path d="M3.5 10 8 5.5l4.5 4.5"/>"#,
            Symbol::UpDown => r#"<path d="m5 6 3-3 3 3M5 10l3 3 3-3"/>"#,
            Symbol::User => r#"<circle cx="8" cy="5.2" r="2.7"/><path d="M2.8 13.8c.5-3 2.6-4.6 5.2-4.6s4.7 1.6 5.2 4.6"/>"#,
            Symbol::X => r#"<path d="m4 4 8 8M12 4l-8 8"/>"#,
            Symbol::StateOk => r#"<circle cx="8" cy="8" r="4" fill="currentColor" stroke="none"/>"#,
            Symbol::StateWorking => r#"<circle cx="8" cy="8" r="4.6"/><path d="M8 3.4a4.6 4.6 0 0 1 0 9.2z" fill="currentColor" stroke="none"/>"#,
            Symbol::StateWarning => r#"<path d="M8 3 13.4 12.6H2.6z" fill="currentColor" stroke="currentColor" stroke-linejoin="round"/>"#,
            Symbol::StateFailing => {
                r#"<rect x="3.6" y="3.6" width="8.8" height="8.8" rx="1" fill="currentColor" stroke="none" transform="rotate(45 8 8)"/>"#
            }
            Symbol::StateStopped => r#"<rect x="3.9" y="3.9" width="8.2" height="8.2" rx="1"/>"#,
            Symbol::StateWaiting => r#"<circle cx="8" cy="8" r="4.6"/>"#,
            Symbol::StateUndone => r#"<path d="M5.5 3.5 3 6l2.5 2.5M3.2 6h6.1a3.2 3.2 0 0 1 0 6.5H6.5"/>"#,
            Symbol::StateUnknown => r#"<circle cx="8" cy="8" r="4.6" stroke-dasharray="2.1 2.1"/>"#,
        }
    }
}

/// One icon, hidden from screen readers: the word beside it, or the label of its button, says it.
#[component]
pub fn Icon(
    /// Which.
    symbol: Symbol,
    /// Colour or place; size is 16 px.
    #[prop(into, optional)]
    class: String,
) -> impl IntoView {
    view! {
        <svg
            class=classes([tw!("icon"), &class])
            viewBox="0 0 16 16"
            aria-hidden="true"
            inner_html=symbol.drawing()
        ></svg>
    }
}
