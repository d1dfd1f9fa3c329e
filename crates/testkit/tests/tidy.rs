//! The workspace's own rules hold: see [`testkit::tidy`].

#[test]
fn the_tree_is_tidy() {
    let breaches = testkit::tidy::check(&testkit::tidy::root());
    assert!(
        breaches.is_empty(),
        "{} breach(es) of the tree's rules\n\n{}",
        breaches.len(),
        testkit::tidy::render(&breaches)
    );
}
