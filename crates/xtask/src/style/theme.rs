//! What the utilities are made of: `style/theme.toml`.

use anyhow::{Context, Result};
use encre_css::{
    Config,
    preflight::Preflight,
    prelude::build_plugin::{DynamicPlugin, ListProperties, Plugin, PropertyName, Spacing, StaticPlugin},
    selector::Variant,
};
use serde::Deserialize;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
};

/// The theme: colours, own utilities, variants, hooks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Names of tokens that are colours: `bg-`, `border-`, `text-`, `fill-` and the rest follow.
    colours: Vec<String>,
    /// Utilities of our own, with their declarations.
    utilities: BTreeMap<String, Vec<String>>,
    /// Variants of our own, with their templates, weakest first.
    variants: Vec<(String, String)>,
    /// Classes that `base.css` or a program names; they need no CSS of their own.
    pub hooks: BTreeSet<String>,
}

/// Width and height in one, which the compiler lacks.
const SIZE: StaticPlugin =
    Plugin::Spacing(Spacing { namespace: "size", prop: PropertyName::MultipleProps(&["width", "height"]), ..Spacing::default() });
static SIZE_PLUGIN: StaticPlugin = SIZE;

impl Theme {
    /// Reads the theme.
    ///
    /// # Errors
    /// When it is not right.
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("style/theme.toml is not right")
    }

    /// How late a class stands in the style sheet: plain ones first, then states, then our variants in their order.
    ///
    /// The compiler sorts our own utilities before its own, whatever their variants; so each rank is compiled apart.
    pub fn rank(&self, class: &str) -> usize {
        let mut depth = 0_i32;
        let parts = class.split(|c: char| {
            depth += match c {
                '[' | '(' => 1,
                ']' | ')' => -1,
                _ => 0,
            };
            c == ':' && depth == 0
        });
        let names: Vec<&str> = parts.collect();
        let (_, variants) = names.split_last().unwrap_or((&"", &[]));
        variants
            .iter()
            .map(|name| self.variants.iter().position(|(own, template)| own == name && template.starts_with('@')).map_or(1, |at| at + 2))
            .max()
            .unwrap_or(0)
    }

    /// The compiler's configuration.
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.preflight = Preflight::None;
        for name in &self.colours {
            config.theme.colors.add(name.clone(), format!("var(--{name})"));
        }
        config.register_plugin(&SIZE_PLUGIN);
        let props: HashMap<String, Vec<String>> =
            self.utilities.iter().map(|(name, lines)| (name.clone(), lines.iter().map(|line| format!("{line};")).collect())).collect();
        config.register_dynamic_plugin(DynamicPlugin::ListProperties(ListProperties { props, ..ListProperties::default_dynamic() }));
        for (at, (name, template)) in self.variants.iter().enumerate() {
            config.register_variant(name.clone(), Variant::new(config.last_variant_order() + at, Cow::Owned(template.clone())));
        }
        config
    }
}

/// Whether a rule names a colour itself instead of a token.
pub fn has_raw_colour(rule: &str) -> bool {
    let body = rule.split_once('{').map_or("", |(_, body)| body);
    ["oklch(", "rgb(", "hsl(", ": #", " #fff", " #000"].iter().any(|mark| body.contains(mark))
}
