use crate::{Error, InsertText, Plan, PlanBuilder, Segment};

#[test]
fn adjoining_extents_are_one_segment() {
    let plan = Plan::builder()
        .generated(*b"head")
        .extent(10..20)
        .extent(20..30)
        .build()
        .unwrap();
    assert_eq!(plan.segments()[1], Segment::Extent(10..30));
    assert_eq!(plan.len(), 24);
    assert!(!plan.is_identity(30));
}

#[test]
fn empty_segments_vanish() {
    let plan = Plan::builder()
        .generated(*b"")
        .zeros(0)
        .extent(0..7)
        .build()
        .unwrap();
    assert!(plan.is_identity(7));
    assert_eq!(plan, Plan::identity(7));
}

#[test]
fn segments_of_any_kind_are_appended() {
    let plan = Plan::builder()
        .generated(*b"head")
        .zeros(3)
        .extent(5..9)
        .insert(0..2)
        .insert_text(InsertText::new(*b"lead", 2).unwrap())
        .build()
        .unwrap();
    let segments = plan.segments().iter().cloned();
    let again = segments.fold(Plan::builder(), PlanBuilder::segment);
    assert_eq!(again.build().unwrap(), plan);
}

#[test]
#[expect(
    clippy::reversed_empty_ranges,
    reason = "the reversed range is the point"
)]
fn reversed_extents_are_refused() {
    assert!(matches!(
        Plan::builder().extent(9..3).build(),
        Err(Error::BadExtent { .. })
    ));
}
