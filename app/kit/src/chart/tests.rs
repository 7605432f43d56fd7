//! What a chart says is what it was given.

use super::scale::{Scale, bars, path};

#[test]
fn an_axis_has_round_ends_and_holds_every_value() {
    for values in [vec![61.9, 71.4, 65.0], vec![0.0, 22.0, 4.0], vec![0.3, 0.31], vec![7.0], vec![], vec![-12.0, 30.0], vec![0.0, 0.0]] {
        for from_zero in [true, false] {
            let scale = Scale::of(values.iter().copied(), from_zero);
            assert!(scale.top > scale.bottom, "{values:?} {scale:?}");
            assert!(values.iter().all(|value| (scale.bottom..=scale.top).contains(value)), "{values:?} {scale:?}");
            assert!(!from_zero || scale.bottom <= 0.0, "{values:?} {scale:?}");
        }
    }
    assert_eq!(Scale::of([4.0, 22.0].into_iter(), true), Scale { bottom: 0.0, top: 24.0 });
}

#[test]
fn what_is_not_known_is_a_gap_and_not_zero() {
    let scale = Scale { bottom: 0.0, top: 10.0 };
    assert_eq!(path(&[Some(0.0), Some(10.0), None, Some(5.0)], scale, 300.0, 100.0, false), "M0.0 100.0L100.0 0.0M300.0 50.0");
    assert_eq!(bars(&[Some(5.0), None], scale, 100.0, 100.0).len(), 1);
}

#[cfg(feature = "ssr")]
#[test]
fn a_chart_is_an_image_with_a_sentence_and_its_table() {
    use crate::chart::*;
    let html = Owner::new().with(|| {
        let series = Series { name: "Used".to_owned(), values: vec![Some(60.0), None] };
        view! { <Chart label="Memory by day" summary="60 GB, then unknown." labels=vec!["1 Nov".to_owned(), "2 Nov".to_owned()] label_head="Day" series/> }.to_html()
    });
    assert!(html.contains("role=\"img\"") && html.contains("Memory by day. 60 GB, then unknown."), "{html}");
    assert!(html.contains(">60<") && html.contains(">unknown<") && html.contains("Show as table"), "{html}");
}
