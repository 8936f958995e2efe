//! What a render asks the allocator for once its scratch is warm: a bound for each shipped template, in calls, and in bytes beyond the frame.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros, reason = "a test prints what it measured")]

mod common;
#[path = "common/counting.rs"]
mod counting;

use common::NOW;
use counting::{Counting, asked_by};
use templrender::{Context, Scratch};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most calls, and most KiB beyond the frame, of a warm render of the template's first row.
const MOST: &[(&str, usize, usize)] = &[];

/// One test, so that no other counts into it.
#[test]
fn a_warm_render_asks_for_little_memory() {
    let mut wrong = Vec::new();
    for folder in common::shipped() {
        let (row_name, row) = &folder.rows(1)[0];
        // a quarter of the size: the same calls, but for one for each row and column that the scaler works out weights for
        let context = Context { now: Some(NOW), scale: Some(0.25), ..Context::default() };
        let plan = folder.renderer.plan(&folder.template, row, &context).unwrap();
        let resources = folder.answer(&plan);
        let mut scratch = Scratch::new();
        let mut draw = || asked_by(|| folder.renderer.render(&plan, &resources, &mut scratch).unwrap());
        let (first, cold, _) = draw();
        let (second, calls, bytes) = draw();
        assert!(first.frame == second.frame);
        let kib = bytes.saturating_sub(first.frame.pixels().len()).div_ceil(1024);
        println!("{:<14} {row_name:<14} first {cold:>6} calls, warm {calls:>6} calls, {kib:>6} KiB beside the frame", folder.name);
        match MOST.iter().find(|(name, ..)| *name == folder.name) {
            Some((_, most, _)) if calls > *most => wrong.push(format!("{}: {calls} calls, over the bound of {most}", folder.name)),
            Some((_, _, most)) if kib > *most => {
                wrong.push(format!("{}: {kib} KiB beside the frame, over the bound of {most}", folder.name))
            }
            Some(_) => {}
            None => wrong.push(format!("{}: there is no bound", folder.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
