//! One of many, found by typing: a combobox over a list, by arrow keys, Enter and Escape or by pointer.

use crate::{
    classes,
    form::field::{Field, INPUT, Slot, invalid},
    icon::{Icon, Symbol},
};
use leptos::{ev, prelude::*};

/// The list shows at most this many; typing narrows it down.
const MOST: usize = 50;

/// What stands in the list: value, word, and smaller what tells it from its like.
pub type Found = (String, String, String);

/// One of many. Sends the value; shows the word.
#[component]
pub fn SearchSelect(
    /// Name of the argument.
    #[prop(into)]
    name: String,
    /// Label.
    #[prop(into)]
    label: String,
    /// Value, word and note of each choice.
    #[prop(into)]
    options: Signal<Vec<Found>>,
    /// The chosen value.
    #[prop(into, optional)]
    value: String,
    /// One sentence below.
    #[prop(into, optional)]
    help: String,
    /// Marked "optional".
    #[prop(optional)]
    optional: bool,
    /// Stands open, for a gallery.
    #[prop(optional)]
    shown: bool,
) -> impl IntoView {
    let mut slot = Slot::of(&name);
    let refused = invalid(&name);
    let list = format!("{}-list", slot.id);
    let chosen = RwSignal::new(slot.value(value));
    let word = move || {
        let chosen = chosen.get();
        options.with(|options| options.iter().find(|(value, ..)| *value == chosen).map(|(_, word, _)| word.clone()).unwrap_or_default())
    };
    let (typed, open, at) = (RwSignal::new(None::<String>), RwSignal::new(shown), RwSignal::new(0_usize));
    let found = Memo::new(move |_| options.with(|options| matching(options, typed.get().as_deref().unwrap_or_default())));
    let choose = move |value: String| {
        chosen.set(value);
        typed.set(None);
        open.set(false);
    };
    let press = move |event: ev::KeyboardEvent| {
        let last = found.with(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" if open.get_untracked() => at.update(|at| *at = (*at + 1).min(last)),
            "ArrowDown" => open.set(true),
            "ArrowUp" => at.update(|at| *at = at.saturating_sub(1)),
            "Enter" if open.get_untracked() => {
                if let Some((value, ..)) = found.with(|found| found.get(at.get_untracked()).cloned()) {
                    choose(value);
                }
            }
            "Escape" if open.get_untracked() => {
                typed.set(None);
                open.set(false);
            }
            _ => return,
        }
        event.prevent_default();
    };
    let (of_list, of_input, of_active) = (list.clone(), list.clone(), list.clone());
    let active = move || open.get().then(|| format!("{of_active}-{}", at.get()));
    view! {
        <Field name=name.clone() label help=help optional>
            <span class="relative block">
                <Icon symbol=Symbol::Search class="absolute left-2.25 inset-y-0 my-auto text-3 pointer-events-none"/>
                <input
                    class=classes([INPUT, tw!("h-control pl-8 pr-2.75")])
                    id=slot.id
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    aria-autocomplete="list"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=of_input
                    aria-activedescendant=active
                    aria-invalid=refused
                    aria-describedby=slot.described
                    data-field=slot.key
                    prop:value=move || typed.get().unwrap_or_else(word)
                    value=word
                    on:input=move |event| {
                        typed.set(Some(event_target_value(&event)));
                        at.set(0);
                        open.set(true);
                    }
                    on:click=move |_| open.set(true)
                    on:keydown=press
                    on:blur=move |_| {
                        typed.set(None);
                        open.set(false);
                    }
                />
                <input type="hidden" name=name value=move || chosen.get()/>
                <ul
                    id=of_list
                    role="listbox"
                    aria-label="Matches"
                    hidden=move || !open.get()
                    class="absolute inset-x-0 top-full mt-1 z-top max-h-60 overflow-auto p-1 border border-line-firm rounded-lg bg-raised shadow-pop text-13 text-1"
                >
                    {move || {
                        let chosen = chosen.get();
                        let rows = found.get();
                        if rows.is_empty() {
                            return view! { <li role="option" aria-disabled="true" aria-selected="false" class="px-2 py-1.5 text-3">"No matches."</li> }.into_any();
                        }
                        rows.into_iter().enumerate().map(|(row, (value, word, note))| {
                            let (is_chosen, list) = (value == chosen, list.clone());
                            let class = move || classes([
                                tw!("flex items-center gap-2 min-h-8 phone:min-h-11 px-2 rounded-sm cursor-pointer"),
                                if at.get() == row { tw!("bg-hover") } else { "" },
                            ]);
                            view! {
                                <li
                                    id=format!("{list}-{row}")
                                    role="option"
                                    aria-selected=is_chosen.to_string()
                                    class=class
                                    // Before the field loses the focus.
                                    on:mousedown=move |event: ev::MouseEvent| { event.prevent_default(); choose(value.clone()); }
                                    on:mouseenter=move |_| at.set(row)
                                >
                                    <span class="min-w-0 flex-1 truncate">{word}</span>
                                    <span class="text-12 text-3 whitespace-nowrap">{note}</span>
                                    {is_chosen.then(|| view! { <Icon symbol=Symbol::Check class="size-3.5"/> })}
                                </li>
                            }
                        }).collect_view().into_any()
                    }}
                </ul>
            </span>
        </Field>
    }
    .into_any()
}

/// What holds every typed word, in word, note or value.
fn matching(options: &[Found], typed: &str) -> Vec<Found> {
    let words: Vec<String> = typed.to_lowercase().split_whitespace().map(str::to_owned).collect();
    let holds = |(value, word, note): &&Found| {
        let all = format!("{word} {note} {value}").to_lowercase();
        words.iter().all(|word| all.contains(word))
    };
    options.iter().filter(holds).take(MOST).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::{Found, matching};

    #[test]
    fn every_typed_word_has_to_be_there() {
        let one = |value: &str, word: &str, note: &str| -> Found { (value.to_owned(), word.to_owned(), note.to_owned()) };
        let options = [one("1", "Lumen & Oak", "3 CloudPods"), one("2", "Northpier Books", "1 CloudPod")];
        assert_eq!(matching(&options, "").len(), 2);
        assert_eq!(matching(&options, "OAK lumen"), options[..1]);
        assert_eq!(matching(&options, "oak books"), []);
    }
}
