//! Text keeps 4.5 : 1 and marks 3 : 1 on every ground, light and dark, for every brand hue and colourfulness.

use std::collections::BTreeMap;

const STATES: [&str; 6] = ["ok", "working", "warning", "failing", "stopped", "unknown"];

/// An oklch colour with the brand's hue and colourfulness put in; gives its relative luminance.
fn luminance(colour: &str, hue: f64, chroma: f64) -> f64 {
    let plain = colour.trim().replace("var(--h)", &hue.to_string());
    let inside = plain.strip_prefix("oklch(").and_then(|rest| rest.strip_suffix(')')).unwrap();
    let mut parts = Vec::new();
    let mut rest = inside.split('/').next().unwrap_or_default();
    while !rest.trim().is_empty() {
        rest = rest.trim();
        if let Some(calc) = rest.strip_prefix("calc(var(--brand-c) * ") {
            let (factor, after) = calc.split_once(')').unwrap();
            parts.push(chroma * factor.parse::<f64>().unwrap());
            rest = after;
        } else if let Some(after) = rest.strip_prefix("var(--brand-c)") {
            parts.push(chroma);
            rest = after;
        } else {
            let (number, after) = rest.split_once(' ').unwrap_or((rest, ""));
            parts.push(number.parse::<f64>().unwrap());
            rest = after;
        }
    }
    let [light, chroma, hue] = parts[..] else { panic!("{colour}") };
    let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
    let l = (light + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (light - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (light - 0.089_484_177_5 * a - 1.291_485_548 * b).powi(3);
    let rgb = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
    ]
    .map(|part| part.clamp(0.0, 1.0));
    0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]
}

/// Light and dark value of every colour token.
fn tokens() -> BTreeMap<String, [String; 2]> {
    let text = std::fs::read_to_string("../../style/tokens.css").unwrap();
    text.lines()
        .filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(':')?;
            let pair = value.trim().strip_prefix("light-dark(")?.split_once(");")?.0;
            let (light, dark) = pair.split_once("), ").or_else(|| pair.split_once("),")).unwrap();
            Some((name.to_owned(), [format!("{light})"), dark.trim().to_owned()]))
        })
        .collect()
}

/// Front, ground and what the pair needs.
fn pairs() -> Vec<(String, String, f64)> {
    let mut pairs = Vec::new();
    let mut add = |front: &str, grounds: &[&str], need: f64| {
        pairs.extend(grounds.iter().map(|ground| (front.to_owned(), (*ground).to_owned(), need)));
    };
    let grounds = ["surface", "canvas", "well", "hover", "raised", "brand-soft"];
    for text in ["text", "text-2", "text-3"] {
        add(text, &grounds, 4.5);
    }
    add("text-2", &["press", "warning-soft", "failing-soft"], 4.5);
    add("brand-text", &["surface", "canvas", "hover", "raised", "brand-soft"], 4.5);
    add("on-brand", &["brand", "brand-hover"], 4.5);
    add("on-failing", &["failing"], 4.5);
    for text in ["rail-text", "rail-strong"] {
        add(text, &["rail", "rail-hover", "rail-on"], 4.5);
    }
    for state in STATES {
        let soft = format!("{state}-soft");
        add(&format!("{state}-text"), &["surface", "canvas", "hover", "raised", "brand-soft", &soft], 4.5);
        add(&format!("{state}-mark"), &["surface", "canvas", "hover", &soft], 3.0);
    }
    add("control-line", &["surface", "canvas", "well", "raised"], 3.0);
    add("focus", &["surface", "canvas", "raised", "brand-soft"], 3.0);
    add("chart-1", &["surface", "press"], 3.0);
    pairs
}

#[test]
fn every_pair_keeps_its_contrast_in_both_themes_and_for_every_brand() {
    let tokens = tokens();
    let mut low = Vec::new();
    for (front, ground, need) in pairs() {
        for theme in [0, 1] {
            for hue in (0..360).step_by(20).map(f64::from) {
                for chroma in [0.0, 0.04, 0.075, 0.11, 0.14] {
                    let [a, b] = [&front, &ground].map(|name| luminance(&tokens[name][theme], hue, chroma));
                    let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                    if ratio < need {
                        low.push(format!("{front} on {ground}, theme {theme}, hue {hue}, chroma {chroma}: {ratio:.2}"));
                    }
                }
            }
        }
    }
    assert!(low.is_empty(), "{low:#?}");
}
