//! Placeholder of the test that holds `include/templrender.h` to what cbindgen makes of the sources.

#[test]
fn cbindgen_is_there() {
    assert!(cbindgen::Config::default().documentation);
}
